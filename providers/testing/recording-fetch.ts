export interface RecordedRequest {
  readonly url: URL;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A fetch that remembers what it sends. */
export function recordingFetch(fetch: typeof globalThis.fetch): {
  readonly fetch: typeof globalThis.fetch;
  readonly sent: RecordedRequest[];
} {
  const sent: RecordedRequest[] = [];
  return {
    sent,
    fetch: async (input, init) => {
      const body = typeof init?.body === 'string' ? JSON.parse(init.body) : init?.body;
      sent.push({ url: new URL(String(input)), headers: new Headers(init?.headers), body });
      return fetch(input, init);
    },
  };
}
