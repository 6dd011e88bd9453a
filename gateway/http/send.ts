import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';

/** The encodings that are written, the better first. */
export const encodings = ['br', 'gzip'] as const;
export type Encoding = (typeof encodings)[number];

/** Shorter bodies are sent as they are: what compression saves would not be worth its time. */
const bytesMin = 8 * 1024;
/** Longer bodies, and those beyond so many at once, are sent as they are too. */
const bytesMax = 32 * 1024 * 1024;
const runningMax = 16;
/** For bodies that are compressed once for each answer. */
const brotliQuality = 4;
const gzipLevel = 5;

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
let running = 0;

/** Compresses outside the main thread. */
export function compress(encoding: Encoding, body: Buffer): Promise<Buffer> {
  return encoding === 'br'
    ? brotli(body, {
        params: { [zlib.BROTLI_PARAM_QUALITY]: brotliQuality, [zlib.BROTLI_PARAM_SIZE_HINT]: body.length },
      })
    : zip(body, { level: gzipLevel });
}

/** The best encoding that the client accepts (RFC 9110, section 12.5.3); undefined where it names none of ours. */
export function acceptedEncoding(header: string | string[] | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const qualities = new Map<string, number>();
  for (const part of String(header).toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim());
    const given = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const quality = given === undefined ? 1 : Number(given);
    if (coding !== '') qualities.set(coding, Number.isNaN(quality) ? 0 : quality);
  }
  const readQuality = (encoding: Encoding) => qualities.get(encoding) ?? qualities.get('*') ?? 0;
  const [best] = encodings.toSorted((a, b) => readQuality(b) - readQuality(a));
  return best !== undefined && readQuality(best) > 0 ? best : undefined;
}

/** Ends the response with the text, compressed where it is long and the client takes it. Sent at once where it is not. */
export function endWith(
  response: ServerResponse,
  accepted: string | string[] | undefined,
  text: string,
): Promise<void> | undefined {
  const bytes = Buffer.byteLength(text);
  if (bytes < bytesMin) {
    response.setHeader('content-length', bytes);
    // A text goes out with the headers in one write.
    response.end(text);
    return undefined;
  }
  response.setHeader('vary', 'accept-encoding');
  const encoding = acceptedEncoding(accepted);
  if (encoding === undefined || bytes > bytesMax || running >= runningMax) {
    response.setHeader('content-length', bytes);
    response.end(text);
    return undefined;
  }
  return endCompressed(response, encoding, Buffer.from(text));
}

async function endCompressed(response: ServerResponse, encoding: Encoding, plain: Buffer): Promise<void> {
  running++;
  try {
    const body = await compress(encoding, plain);
    if (response.destroyed) return;
    response.setHeader('content-encoding', encoding);
    response.setHeader('content-length', body.length);
    response.end(body);
  } finally {
    running--;
  }
}

/** Ends the response with a short text; its status is set already. */
export function sendText(response: ServerResponse, contentType: string, text: string): void {
  response.setHeader('content-type', contentType);
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

/** Ends the response with a short value as JSON; its status is set already. */
export function sendValue(response: ServerResponse, value: unknown): void {
  sendText(response, 'application/json; charset=utf-8', JSON.stringify(value));
}

/** Ends the response with a value as JSON, compressed where it is long and the client takes it; its status is set already. */
export function endJson({ request, response }: Answering, value: unknown): Promise<void> | undefined {
  if (response.destroyed) return undefined;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  return endWith(response, request.headers['accept-encoding'], JSON.stringify(value));
}

interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Cuts the connection when its client takes nothing of what was written for `stalledMs`. A slow client is not cut off: each
 * part that it takes counts. The function returned ends the watch.
 */
export function watchStalled(response: ServerResponse, stalledMs: number): () => void {
  const cut = () => void response.destroy();
  response.setTimeout(stalledMs, cut);
  return () => {
    response.off('timeout', cut);
    response.setTimeout(0);
  };
}

/** Resolves when the client has taken what was written, or has gone: after `stalledMs` without taking anything, too. */
export function untilTaken(response: ServerResponse, stalledMs: number): Promise<void> {
  return new Promise((resolve) => {
    const unwatch = watchStalled(response, stalledMs);
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      unwatch();
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
