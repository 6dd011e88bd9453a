/** A token is renewed this long before it ends. */
const marginMs = 120_000;

/** How long an authorization server may take. */
const answerMsMax = 10_000;

/** What an authorization server has granted. */
export interface GrantedToken {
  readonly token: string;
  readonly seconds: number;
}

/**
 * Access tokens of one credential: one in memory until shortly before it ends, requested for once however many calls wait for it. A
 * request that fails is made again by the next call.
 */
export function createAccessTokens(
  request: () => Promise<GrantedToken>,
  now: () => number = Date.now,
): () => Promise<string> {
  let current: { readonly token: Promise<string>; validUntilMs: number } | null = null;
  return () => {
    if (current !== null && now() < current.validUntilMs) return current.token;
    const entry = { token: Promise.resolve(''), validUntilMs: Number.POSITIVE_INFINITY };
    entry.token = request().then(
      ({ token, seconds }) => {
        entry.validUntilMs = now() + seconds * 1000 - marginMs;
        return token;
      },
      (error: unknown) => {
        if (current === entry) current = null;
        throw error;
      },
    );
    current = entry;
    return entry.token;
  };
}

/** The same `fetch`, whose requests carry a token. */
export function withAccessToken(
  fetch: typeof globalThis.fetch,
  token: () => Promise<string>,
): typeof globalThis.fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${await token()}`);
    return fetch(input, { ...init, headers });
  };
}

/** Posts a form to an authorization server. Resolves to its token, or to the status of an answer without one. */
export async function requestToken(
  url: string,
  form: Readonly<Record<string, string>>,
  fetch: typeof globalThis.fetch,
  secondsDefault = 3_600,
): Promise<GrantedToken | number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    signal: AbortSignal.timeout(answerMsMax),
  });
  // Any error: an answer that is no JSON has no token.
  const answer: unknown = await response.json().catch(() => null);
  const read = (name: string): unknown =>
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
  const [token, seconds] = [read('access_token'), read('expires_in')];
  if (!response.ok || typeof token !== 'string') return response.status;
  return { token, seconds: typeof seconds === 'number' ? seconds : secondsDefault };
}
