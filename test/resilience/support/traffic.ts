import { Agent, request } from 'undici';
import { buildWords } from './word-provider.ts';

/** A call that failed, and why. */
export interface FailedCall {
  readonly kind: 'stream' | 'complete';
  readonly why: string;
}

/** A client that calls without pause, in turns a stream by server-sent events and a `complete` by POST. */
export interface TrafficClient {
  readonly calls: number;
  readonly failed: readonly FailedCall[];
  /** Resolves when this many more calls have ended. */
  more(calls: number): Promise<void>;
  /** Resolves when its last call has ended. */
  stop(): Promise<void>;
}

const complete = `mutation ($input: CompletionInput!) { complete(input: $input) { status text } }`;
const events = `__typename completionId sequence ... on TextDelta { text }
  ... on CompletionFinished { completion { status } } ... on CompletionFailed { code message }`;
const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${events} } }`;
const resume = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { ${events} } }`;
const buildInput = (words: number) => ({
  input: {
    model: `up/words${words}`,
    messages: [{ role: 'USER', content: 'Speak.' }],
    onDisconnect: 'KEEP',
    cache: 'BYPASS',
  },
});

interface StreamEvent {
  readonly __typename: string;
  readonly completionId: string;
  readonly sequence: number;
  readonly text?: string;
  readonly code?: string;
  readonly message?: string;
  readonly completion?: { readonly status: string };
}

const isRefused = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNREFUSED';

/**
 * Calls the first gateway. A connection that is refused is tried at the other, and so is the rest of a stream that
 * breaks after an event; nothing else is tried again.
 */
export function startTraffic(gateways: readonly [string, string], key: string): TrafficClient {
  const agent = new Agent();
  const failed: FailedCall[] = [];
  let calls = 0;
  let stopping = false;
  const waiting = new Set<() => void>();

  async function post(at: number, query: string, variables: object, accept: string) {
    for (let tries = 0; ; tries++) {
      try {
        const { body, statusCode } = await request(`${gateways[(at + tries) % 2]}/graphql`, {
          dispatcher: agent,
          method: 'POST',
          headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${key}` },
          body: JSON.stringify({ query, variables }),
        });
        return { body, statusCode, at: at + tries };
      } catch (error) {
        if (!isRefused(error) || tries > 3) throw error;
      }
    }
  }

  async function completes(): Promise<void> {
    const { body, statusCode } = await post(0, complete, buildInput(20), 'application/json');
    const text = await body.text();
    const { data, errors } = JSON.parse(text);
    if (errors !== undefined) throw new Error(`${statusCode} ${JSON.stringify(errors)}`);
    if (data.complete.status !== 'SUCCEEDED' || data.complete.text !== buildWords(20).join(''))
      throw new Error(text);
  }

  async function streams(): Promise<void> {
    const heard: StreamEvent[] = [];
    let at = 0;
    for (let tries = 0; heard.at(-1)?.completion === undefined; tries++) {
      const last = heard.at(-1);
      if (tries > 5 || (tries > 0 && last === undefined))
        throw new Error('The stream broke before its first event.');
      const [query, variables] =
        last === undefined
          ? ([stream, buildInput(30)] as const)
          : ([resume, { id: last.completionId, after: last.sequence }] as const);
      const opened = await post(at, query, variables, 'text/event-stream');
      at = opened.at + 1;
      try {
        let text = '';
        for await (const chunk of opened.body) {
          text += chunk;
          const frames = text.split('\n\n');
          text = frames.pop() ?? '';
          for (const frame of frames) {
            const [, json] = /^event: next\ndata: (.*)$/.exec(frame) ?? [];
            if (json === undefined) continue;
            const { data, errors } = JSON.parse(json);
            if (errors !== undefined) throw new TypeError(JSON.stringify(errors));
            const event = Object.values(data)[0] as StreamEvent;
            if (event.code !== undefined) throw new TypeError(`${event.code}: ${event.message}`);
            heard.push(event);
          }
        }
        if (heard.at(-1)?.completion === undefined)
          throw new TypeError('The stream ended without its last event.');
      } catch (error) {
        if (error instanceof TypeError) throw error;
      }
    }
    const sequences = heard.map(({ sequence }) => sequence);
    if (sequences.some((sequence, index) => sequence !== index)) throw new Error(`numbered ${sequences}`);
    const text = heard.map((event) => event.text ?? '').join('');
    if (text !== buildWords(30).join('')) throw new Error(`It said ${text}`);
    if (heard.at(-1)?.completion?.status !== 'SUCCEEDED') throw new Error(JSON.stringify(heard.at(-1)));
  }

  const running = (async () => {
    while (!stopping) {
      const kind = calls % 2 === 0 ? 'stream' : 'complete';
      try {
        await (kind === 'stream' ? streams() : completes());
      } catch (error) {
        failed.push({ kind, why: String(error) });
      }
      calls += 1;
      for (const wake of waiting) wake();
    }
    await agent.close();
  })();

  return {
    get calls() {
      return calls;
    },
    failed,
    more: (count) =>
      new Promise((resolve) => {
        const until = calls + count;
        const wake = () => {
          if (calls < until) return;
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      }),
    stop() {
      stopping = true;
      return running;
    },
  };
}
