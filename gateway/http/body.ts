import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { expectError } from '#core/expect-error.ts';
import { isNestedTooDeep, jsonDepthMax } from '#core/json/json-depth.ts';
import { toWholeCharacters } from '#core/json/whole-characters.ts';
import { chooseBodyBounds } from '../limits.ts';
import { type DecodedBounds, decodeBody, readContentEncoding } from './bodies/content-encoding.ts';
import type { Exchange } from './exchange.ts';
import { isJson } from './media-type.ts';
import { BadRequest } from './problem.ts';

/** A body too large is read to its end and thrown away up to this many times the bound, so that its sender hears why. */
const discardedTimesMax = 8;

/** How a body is read. */
interface BodyBounds extends DecodedBounds {
  readonly timeoutMs: number;
}

/** How much of a body is read for this caller, and how long it is waited for. */
function chooseBounds(
  { services: { limits, clients }, use, isAnonymous }: Exchange,
  isCall: boolean,
): BodyBounds {
  return {
    ...chooseBodyBounds(limits, isAnonymous, isCall),
    add: (bytes) => clients.addBytes(use, bytes, isAnonymous),
    remove: (bytes) => clients.removeBytes(use, bytes, isAnonymous),
  };
}

/**
 * The whole body. Rejects with BadRequest: 413 when it is larger than allowed, 408 when it takes too long, 400 when it
 * breaks off; and with what `add` throws.
 */
function readBytes(request: IncomingMessage, bounds: BodyBounds): Promise<Buffer> {
  const { bytesMax } = bounds;
  const tooLarge = () =>
    new BadRequest(413, `The body is larger than the ${bytesMax} bytes that are allowed.`);
  const discardedMax = bytesMax * discardedTimesMax;
  if (Number(request.headers['content-length'] ?? 0) > discardedMax) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    let held = 0;
    // Most bodies have come with their headers.
    const timer = request.complete
      ? undefined
      : setTimeout(() => fail(new BadRequest(408, 'The body took too long to arrive.')), bounds.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      bounds.remove(held);
      held = 0;
    };
    const fail = (error: unknown) => {
      request.pause();
      chunks = [];
      settle();
      reject(error);
    };
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        try {
          bounds.add(chunk.length);
        } catch (error) {
          fail(error);
          return;
        }
        held += chunk.length;
        chunks.push(chunk);
        return;
      }
      chunks = [];
      if (bytes > discardedMax) fail(tooLarge());
    });
    request.on('end', () => {
      settle();
      if (bytes > bytesMax) reject(tooLarge());
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    const brokenOff = () => {
      if (!request.complete) fail(new BadRequest(400, 'The body ended before it was complete.'));
    };
    request.on('error', brokenOff);
    request.on('close', brokenOff);
  });
}

/**
 * The value of a body of JSON, within the bounds of the exchange's caller. Rejects with BadRequest 415 for another media
 * type or an encoding that is not decoded, 413, 408, and 400 for what is no JSON in UTF-8; with RATE_LIMITED or OVERLOADED where too many bytes are
 * being read.
 */
export function readJson(exchange: Exchange): Promise<unknown> {
  return readJsonWithin(exchange, chooseBounds(exchange, false), parseJson);
}

/**
 * The same for the body of a call of an AI model over REST, which may hold images and files. Its values are walked before the
 * graph bounds them: 400 where they nest too deep.
 */
export function readCallJson(exchange: Exchange): Promise<unknown> {
  return readJsonWithin(exchange, chooseBounds(exchange, true), (text) => parseShallowJson(text, 'The body'));
}

/** The same of a protocol with a media type of its own for JSON; 400 where its values nest too deep. */
export function readProtocolJson(exchange: Exchange, ownType: string): Promise<unknown> {
  const parse = (text: string) => parseShallowJson(text, 'The body');
  return readJsonWithin(exchange, chooseBounds(exchange, false), parse, ownType);
}

async function readJsonWithin(
  exchange: Exchange,
  bounds: BodyBounds,
  parse: (text: string) => unknown,
  ownType?: string,
): Promise<unknown> {
  const { headers } = exchange.request;
  if (!isJson(headers['content-type'], ownType)) {
    throw new BadRequest(415, 'Send the request as application/json in UTF-8.');
  }
  const encoding = readContentEncoding(headers['content-encoding']);
  const bytes = await readBytes(exchange.request, bounds);
  const body = encoding === undefined ? bytes : await decodeBody(bytes, encoding, bounds);
  // Decoding would put replacement characters into what the client sent, without a word to it.
  if (!isUtf8(body)) throw new BadRequest(400, 'The body is no valid UTF-8.');
  return parse(toWholeCharacters(body.toString('utf8')));
}

function parseJson(text: string, what = 'The body'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    expectError(error, SyntaxError);
    throw new BadRequest(400, `${what} is no valid JSON.`);
  }
}

/** The value of a text of JSON from a client, which no function that walks it can overflow. Throws BadRequest 400. */
export function parseShallowJson(text: string, what: string): unknown {
  if (isNestedTooDeep(text)) {
    throw new BadRequest(400, `${what} nests deeper than ${jsonDepthMax} levels of lists and objects.`);
  }
  return parseJson(text, what);
}
