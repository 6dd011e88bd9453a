import { key } from './heddle.ts';
import type { CallLoad, EventStreamLoad } from './load.ts';

/** The same call, and the same stream, in one dialect. */
export interface BenchDialect {
  readonly call: Pick<CallLoad, 'path' | 'headers' | 'body' | 'check'>;
  readonly stream: Pick<EventStreamLoad, 'path' | 'headers' | 'body' | 'token' | 'check'>;
}

const text = 'Tell me how a loom keeps its threads apart. '.repeat(48).slice(0, 2_000);
/** 2 KB, as no call before: nothing is answered from a cache, or joined. */
const writeInput = (n: number) => `${n} ${text}`;
const answerLength = 1_400;
/** The header of a key or token. */
export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
const authorization = bearer(key);

const completeQuery =
  'mutation Complete($input: CompletionInput!) { complete(input: $input) { id text finishReason cost usage { inputTokens outputTokens } model { id } } }';
/** As a client follows a stream, over WebSocket and server-sent events. */
export const streamQuery =
  'subscription Stream($input: CompletionInput!) { completionStream(input: $input) { completionId sequence ... on TextDelta { text } ... on CompletionFinished { completion { usage { outputTokens } } } ... on CompletionFailed { code message } } }';

/** The variables of the operations. */
export function writeVariables(model: string, n: number) {
  return { input: { model, messages: [{ role: 'USER', content: writeInput(n) }] } };
}

function checkText(answer: string, readText: (body: never) => string | undefined): void {
  if (readText(JSON.parse(answer) as never)?.length !== answerLength) throw new Error(answer.slice(0, 300));
}

function checkStream(tokens: number, end: string): EventStreamLoad['check'] {
  return (count, answer) => {
    if (count === tokens && answer.includes(end)) return;
    throw new Error(`a stream ended after ${count} tokens with ${answer.slice(-300)}`);
  };
}

/** OpenAI's chat completions, which the pass-through has as well. */
export function chatDialect(model: string, tokens: number, headers: Record<string, string> = authorization) {
  const write = (n: number, rest: object) =>
    JSON.stringify({ model, messages: [{ role: 'user', content: writeInput(n) }], ...rest });
  return {
    call: {
      path: '/v1/chat/completions',
      headers,
      body: (n) => write(n, {}),
      check: (answer) =>
        checkText(
          answer,
          ({ choices }: { choices: { message: { content: string } }[] }) => choices[0]?.message.content,
        ),
    },
    stream: {
      path: '/v1/chat/completions',
      headers,
      body: (n) => write(n, { stream: true }),
      token: '"content":"thread ',
      check: checkStream(tokens, 'data: [DONE]'),
    },
  } satisfies BenchDialect;
}

/** GraphQL over HTTP; its streams are server-sent events. */
export function graphqlDialect(model: string, tokens: number, headers = authorization) {
  const write = (n: number, query: string) => JSON.stringify({ query, variables: writeVariables(model, n) });
  return {
    call: {
      path: '/graphql',
      headers,
      body: (n) => write(n, completeQuery),
      check: (answer) =>
        checkText(answer, ({ data }: { data: { complete: { text: string } } | null }) => data?.complete.text),
    },
    stream: {
      path: '/graphql',
      headers: { ...headers, accept: 'text/event-stream' },
      body: (n) => write(n, streamQuery),
      token: '"text":"thread ',
      check: checkStream(tokens, 'outputTokens'),
    },
  } satisfies BenchDialect;
}

/** Anthropic's messages. */
export function messagesDialect(model: string, tokens: number) {
  const write = (n: number, rest: object) =>
    JSON.stringify({
      model,
      max_tokens: 4_096,
      messages: [{ role: 'user', content: writeInput(n) }],
      ...rest,
    });
  const headers = { ...authorization, 'anthropic-version': '2023-06-01' };
  return {
    call: {
      path: '/v1/messages',
      headers,
      body: (n) => write(n, {}),
      check: (answer) =>
        checkText(answer, ({ content }: { content: { text: string }[] }) => content[0]?.text),
    },
    stream: {
      path: '/v1/messages',
      headers,
      body: (n) => write(n, { stream: true }),
      token: '"text":"thread ',
      check: checkStream(tokens, '"message_stop"'),
    },
  } satisfies BenchDialect;
}
