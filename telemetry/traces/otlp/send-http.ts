import { gzipSync } from 'node:zlib';
import { Pool } from 'undici';
import { CollectorFailure, toConnectionFailure } from './collector-failure.ts';

/** How exports reach a collector. */
export interface Transport {
  /** Rejects with CollectorFailure. */
  send(body: Buffer, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly url: string;
  /** May hold tokens. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'none' | 'gzip';
  /** The authorities (PEM) that the certificate of the collector is checked by; undefined: those of the system. */
  readonly ca: string | undefined;
}

/** After these the same export may be sent again: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of an answer, which is not read. */
const answerBytesMax = 64 * 1024;

/** Sends exports by HTTP over one kept connection. A redirect is a refusal. */
export function createHttpTransport(
  { url, headers, compression, ca }: TransportOptions,
  contentType: 'application/x-protobuf' | 'application/json',
): Transport {
  const { origin, pathname, search, username, password } = new URL(url);
  const pool = new Pool(origin, {
    connections: 1,
    pipelining: 1,
    connect: { ...(ca === undefined ? {} : { ca }) },
  });
  const sent = {
    ...(username === '' ? {} : { authorization: toBasic(username, password) }),
    ...headers,
    'content-type': contentType,
    ...(compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  };
  return {
    async send(body, signal) {
      try {
        const { statusCode, body: answer } = await pool.request({
          path: pathname + search,
          method: 'POST',
          headers: sent,
          body: compression === 'gzip' ? gzipSync(body) : body,
          signal,
        });
        await answer.dump({ limit: answerBytesMax, signal });
        if (statusCode >= 300) throw new CollectorFailure(`HTTP ${statusCode}`, retryable.has(statusCode));
      } catch (error) {
        throw toConnectionFailure(error);
      }
    },
    close: () => pool.destroy(),
  };
}

function toBasic(username: string, password: string): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
