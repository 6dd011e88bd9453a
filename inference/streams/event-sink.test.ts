import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { AnswerBuilder } from '#providers/answer-builder.ts';
import { noUsage } from '#providers/provider.ts';
import { createMemoryStreamLogs } from '#state/streams/memory.ts';
import type { CompletionData, CompletionEventData } from '../completion.ts';
import { createEventSink } from './event-sink.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function heapBytes(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

function completion(id: string, text: string): CompletionData {
  return {
    id,
    status: 'SUCCEEDED',
    text,
    json: null,
    reasoning: null,
    toolCalls: [],
    finishReason: 'STOP',
    usage: noUsage,
    costNanos: '0',
    cache: 'BYPASS',
    modelId: 'demo/echo',
    promptVersionId: null,
    attempts: [],
    createdAtMs: 0,
    error: null,
  };
}

it.each([
  ['short words', () => 'word ', 20_000],
  ['words beyond Latin-1', () => 'слово ', 20_000],
  ['long pieces', () => 'word '.repeat(200), 500],
])(
  'the logs of ended completions take no more memory than they count, whatever their writers hold: %s',
  async (_name, piece, pieces) => {
    const keptSizeMax = 16 * 1024 * 1024;
    await using logs = createMemoryStreamLogs({ keptSizeMax });
    const before = heapBytes();
    for (let call = 0; call < 40; call++) {
      // What a call holds while it runs: its log must not hold it any longer.
      const input = Array.from({ length: 400_000 }, (_, n) => n + 0.5);
      const writer = await logs.open<CompletionEventData>(`c${call}`, {
        owner: 'acme',
        keepMs: 600_000,
        onAbandoned: () => input.fill(0),
      });
      const sink = createEventSink(`c${call}`, writer, { promptVersionId: null });
      const answer = new AnswerBuilder();
      for (let at = 0; at < pieces; at++) {
        const text = Buffer.from(piece()).toString();
        answer.add({ type: 'text', text });
        void sink.append({ type: 'TextDelta', completionId: `c${call}`, text });
      }
      await sink.end({ completion: completion(`c${call}`, answer.text), failure: null });
    }
    expect(await logs.held('c39')).not.toEqual([]);
    expect(heapBytes() - before).toBeLessThan(1.2 * keptSizeMax);
  },
);
