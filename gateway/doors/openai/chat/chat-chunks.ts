import { presentError } from '../../../errors.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { Framing } from '../../../http/stream.ts';
import type { ChatStreamSubscription } from '../../operations.generated.ts';
import { toOpenAiError } from '../openai-errors.ts';
import { toChatFinishReason, toChatUsage } from './chat-answer.ts';

export type ChatEvent = ChatStreamSubscription['completionStream'];

/**
 * The events of a completion as chunks of chat completions, ended by `[DONE]`; a failure is an error object, and then nothing.
 * Usage is sent only where it was asked for: some clients take no chunk without choices.
 */
export function createChatFraming(
  exchange: Exchange,
  createdS: number,
  includesUsage: boolean,
): Framing<ChatEvent> {
  const usage = includesUsage ? ',"usage":null' : '';
  let head = '';
  /** Before and behind a delta of the one choice: what all chunks share is written out once. */
  let before = '';
  const behind = `,"logprobs":null,"finish_reason":null}]${usage}}\n\n`;
  const isNewCall = new Set<number>();
  const begin = (id: string, model: string): string => {
    head = `data: {"id":${JSON.stringify(`chatcmpl-${id}`)},"object":"chat.completion.chunk","created":${createdS},"model":${JSON.stringify(model)},"system_fingerprint":null`;
    before = `${head},"choices":[{"index":0,"delta":`;
    return `${before}{"role":"assistant","content":"","refusal":null}${behind}`;
  };
  return {
    contentType: 'text/event-stream; charset=utf-8',
    opening: '',
    keepAlive: ': keep-alive\n\n',
    next(event) {
      switch (event.__typename) {
        case 'CompletionStarted':
          return begin(event.completionId, event.model.id);
        case 'TextDelta':
          return `${before}{"content":${JSON.stringify(event.text)}}${behind}`;
        case 'ReasoningDelta':
          return `${before}{"reasoning_content":${JSON.stringify(event.text)}}${behind}`;
        case 'ToolCallDelta': {
          const { index, id, name, argumentsDelta } = event;
          const isFirst = !isNewCall.has(index);
          isNewCall.add(index);
          const call = isFirst
            ? { index, id, type: 'function', function: { name, arguments: argumentsDelta } }
            : { index, function: { arguments: argumentsDelta } };
          return `${before}{"tool_calls":[${JSON.stringify(call)}]}${behind}`;
        }
        case 'CompletionFinished': {
          const { finishReason, usage: counted } = event.completion;
          const finish = `${before}{},"logprobs":null,"finish_reason":"${toChatFinishReason(finishReason)}"}]${usage}}\n\n`;
          if (!includesUsage) return finish;
          return `${finish}${head},"choices":[],"usage":${JSON.stringify(toChatUsage(counted))}}\n\n`;
        }
        case 'CompletionRestarted':
        case 'CompletionFailed':
          // The one is not asked for, the other is thrown.
          return '';
      }
    },
    closing: () => 'data: [DONE]\n\n',
    failed(thrown) {
      const { requestId, services } = exchange;
      const error = toOpenAiError(presentError(thrown, { requestId, log: services.log }), thrown);
      return `data: ${JSON.stringify({ error })}\n\n`;
    },
  };
}
