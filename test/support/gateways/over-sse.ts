import { createClient } from 'graphql-sse';
import type { TestClient } from '../client.ts';

/** The values of one field of a subscription by server-sent events, as they come; returning early ends it. */
export async function* overSse<T = unknown>(
  { url, key }: TestClient,
  query: string,
  variables: Record<string, unknown> = {},
): AsyncGenerator<T> {
  const client = createClient({
    url: `${url}/graphql`,
    headers: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  try {
    for await (const { data, errors } of client.iterate<Record<string, unknown>>({ query, variables })) {
      if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
      yield Object.values(data ?? {})[0] as T;
    }
  } finally {
    client.dispose();
  }
}
