import { createClient } from 'graphql-ws';
import { expect } from 'vitest';
import { WebSocket } from 'ws';

/** What a GraphQL answer holds, as far as tests look. */
export interface Answer<T> {
  readonly data: T;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: {
      readonly code: string;
      readonly retryAfterMs?: number;
      readonly completionId?: string;
    };
  }[];
}

/** A caller with one key, over plain HTTP. */
export interface TestClient {
  readonly url: string;
  readonly key: string;
  /** The whole answer, errors included. */
  send<T = unknown>(query: string, variables?: Record<string, unknown>): Promise<Answer<T>>;
  /** The data; fails the test where there are errors. */
  data<T = unknown>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** The code of the first error; fails the test where there is none. */
  code(query: string, variables?: Record<string, unknown>): Promise<string>;
}

/** Calls the graph at `url` (an origin) with an API key; an empty key sends none. */
export function createTestClient(url: string, key: string): TestClient {
  const send = async <T>(query: string, variables: Record<string, unknown> = {}): Promise<Answer<T>> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer<T>;
  };
  return {
    url,
    key,
    send,
    async data<T>(query: string, variables?: Record<string, unknown>) {
      const answer = await send<T>(query, variables);
      expect(answer.errors).toBeUndefined();
      return answer.data;
    },
    async code(query, variables) {
      const { errors = [] } = await send(query, variables);
      expect(errors.length, 'the call was expected to fail').toBeGreaterThan(0);
      return errors[0]?.extensions.code ?? '';
    },
  };
}

/** The values of one field of a subscription as server-sent events, as they come; returning early ends the subscription. */
export async function* overEventStream<T = unknown>(
  { url, key }: TestClient,
  query: string,
  variables: Record<string, unknown> = {},
): AsyncGenerator<T> {
  const leave = new AbortController();
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
      },
      body: JSON.stringify({ query, variables }),
      signal: leave.signal,
    });
    let text = '';
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const json = /^data: (\{.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (json === undefined) continue;
        const { data, errors } = JSON.parse(json) as Answer<Record<string, unknown> | null>;
        if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
        yield Object.values(data ?? {})[0] as T;
      }
    }
  } finally {
    leave.abort();
  }
}

/** The values of one field of a subscription over graphql-ws, as they come; returning early ends the subscription. */
export async function* overWebSocket<T = unknown>(
  { url, key }: TestClient,
  query: string,
  variables: Record<string, unknown> = {},
): AsyncGenerator<T> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  try {
    for await (const { data, errors } of client.iterate<Record<string, unknown>>({ query, variables })) {
      if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
      yield Object.values(data ?? {})[0] as T;
    }
  } finally {
    await client.dispose();
  }
}
