import { failureOfResponse } from '../../failure/failure.ts';
import type { WireRequest } from './wire-request.ts';

/**
 * Sends a request; what is no success is thrown.
 * @param secret kept out of every message
 * @throws {ProviderFailure}
 */
export async function sendRequest(
  { url, init }: WireRequest,
  fetch: typeof globalThis.fetch,
  secret: string | null,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const response = await fetch(url, { ...init, ...(signal === undefined ? {} : { signal }) });
  if (response.ok) return response;
  const { status, headers } = response;
  throw failureOfResponse(
    { status, headers: Object.fromEntries(headers), body: await response.text() },
    secret,
  );
}
