import type { MeshAddress } from '#test/support/mesh.ts';

export type Body = Readonly<Record<string, unknown>>;

/** A request format that clients speak to the mesh. */
export interface Dialect {
  /** As the headings of the tables have it. */
  readonly name: 'chat completions' | 'responses' | 'messages' | 'GraphQL';
  readonly path: string;
  /** The body of a call: what every call has, and the fields under test. */
  toBody(model: string, fields: Body, isStreamed: boolean): Body;
  /** The end of a stream that is whole. */
  readonly end: RegExp;
  /** The end of a stream that has failed. */
  readonly failure: RegExp;
  /** The field of a streamed event that has a piece of the text. */
  readonly delta: RegExp;
}

const selection = `id status text reasoning
  reasoningBlocks { text signature redacted toolCallId provider }
  refusal citations logprobs providerBlocks { content }
  toolCalls { id name argumentsText }
  alternatives { index text finishReason }
  finishReason dropped
  usage { inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens }`;
const complete = `mutation ($input: CompletionInput!) { complete(input: $input) { ${selection} } }`;
const stream = `subscription ($input: CompletionInput!) {
  completionStream(input: $input) {
    __typename
    ... on CompletionStarted { dropped }
    ... on TextDelta { alternative text }
    ... on ReasoningDelta { reasoning: text }
    ... on ReasoningFinished { block { text signature redacted toolCallId provider } }
    ... on RefusalDelta { refusal: text }
    ... on CitationAdded { citation }
    ... on LogprobsDelta { tokens }
    ... on ProviderBlockAdded { content }
    ... on ToolCallDelta { index id name argumentsDelta }
    ... on AlternativeFinished { alternative finishReason }
    ... on CompletionFinished {
      completion {
        finishReason
        usage { inputTokens outputTokens totalTokens cachedInputTokens cacheWriteTokens reasoningTokens }
      }
    }
    ... on CompletionFailed { code message }
  }
}`;

export const dialects: readonly Dialect[] = [
  {
    name: 'chat completions',
    path: '/v1/chat/completions',
    toBody: (model, fields, isStreamed) => ({
      model,
      messages: [{ role: 'user', content: 'Hello' }],
      ...fields,
      ...(isStreamed ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
    end: /^data: \[DONE\]$/m,
    failure: /^data: \{"error":\{/m,
    delta: /"delta":\{"content":("(?:[^"\\]|\\.)*")\}/g,
  },
  {
    name: 'responses',
    path: '/v1/responses',
    toBody: (model, fields, isStreamed) => ({
      model,
      input: 'Hello',
      store: false,
      ...fields,
      ...(isStreamed ? { stream: true } : {}),
    }),
    end: /^event: response\.(?:completed|incomplete)$/m,
    failure: /^event: response\.failed$/m,
    delta: /"type":"response\.output_text\.delta".*?"delta":("(?:[^"\\]|\\.)*")/g,
  },
  {
    name: 'messages',
    path: '/v1/messages',
    toBody: (model, fields, isStreamed) => ({
      model,
      max_tokens: 16_000,
      messages: [{ role: 'user', content: 'Hello' }],
      ...fields,
      ...(isStreamed ? { stream: true } : {}),
    }),
    end: /^event: message_stop$/m,
    failure: /^event: error$/m,
    delta: /"delta":\{"type":"text_delta","text":("(?:[^"\\]|\\.)*")\}/g,
  },
  {
    name: 'GraphQL',
    path: '/graphql',
    toBody: (model, fields, isStreamed) => ({
      query: isStreamed ? stream : complete,
      variables: {
        input: { model, messages: [{ role: 'USER', content: 'Hello' }], allowRestart: false, ...fields },
      },
    }),
    end: /"__typename":"CompletionFinished"/,
    failure: /"__typename":"CompletionFailed"/,
    delta: /"__typename":"TextDelta","alternative":0,"text":("(?:[^"\\]|\\.)*")/g,
  },
];

/** What a client got for one call. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The code of the error catalog; null: the call was answered. */
  readonly code: string | null;
  /** The fields that were not sent. */
  readonly dropped: readonly string[];
}

export interface Sent {
  readonly isStreamed: boolean;
  readonly signal?: AbortSignal;
}

export function post(
  { url, adminKey }: MeshAddress,
  dialect: Dialect,
  body: Body,
  { isStreamed, signal }: Sent,
): Promise<Response> {
  return fetch(`${url}${dialect.path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${adminKey}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      accept: isStreamed ? 'text/event-stream' : 'application/json',
    },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

export async function readReply(dialect: Dialect, response: Response): Promise<Reply> {
  const text = await response.text();
  const { status } = response;
  const isGraphql = dialect.name === 'GraphQL';
  const pattern = isGraphql ? /"code":"([A-Z_]+)"/ : /"heddle_code":"([A-Z_]+)"/;
  const code = pattern.exec(text)?.[1] ?? (status === 200 ? null : text);
  const named = isGraphql
    ? /"dropped":\[(.*?)\]/.exec(text)?.[1]?.replaceAll('"', '').replaceAll(',', ', ')
    : response.headers.get('x-heddle-dropped');
  return { status, text, code, dropped: named ? named.split(', ') : [] };
}

/** The text of an answer, joined from the events of a stream. */
export function joinDeltas(dialect: Dialect, text: string): string {
  return [...text.matchAll(dialect.delta)].map(([, given = '""']) => JSON.parse(given) as string).join('');
}
