import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { WebSocket } from 'ws';
import { authenticateTexts } from './framed-digest.ts';

/** The HTTP header that carries the code of an answer over plain HTTP. */
export const answerCodeHeader = 'heddle-answer';

/** The header of a WebSocket's request by which a gateway requests authenticated messages: a text used once. */
export const socketNonceHeader = 'heddle-nonce';

const codeCharacters = 43;

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The code of an answer: it is good for the request that carried this identity alone. */
export function answerCode(key: KeyObject, identity: string, status: number, body: string): string {
  return authenticateTexts(key, 'answer', identity, String(status), body);
}

/** Was the answer made by this mesh, with one of the keys, for the request that carried this identity? */
export function isAuthenticAnswer(
  keys: readonly KeyObject[],
  code: unknown,
  identity: string,
  status: number,
  body: string,
): boolean {
  return (
    typeof code === 'string' && keys.some((key) => isSame(code, answerCode(key, identity, status, body)))
  );
}

type Kind = 'message' | 'close';

/** The code of what is sent as the `count`th over the WebSocket. */
const socketCode = (key: KeyObject, nonce: string, count: number, kind: Kind, text: string) =>
  authenticateTexts(key, kind, nonce, String(count), text);

/** Codes for the messages of one WebSocket, in order: none can be changed, left out, moved or come from another socket. */
class SocketCodes {
  readonly #key: KeyObject;
  readonly #nonce: string;
  #count = 0;

  constructor(key: KeyObject, nonce: string) {
    this.#key = key;
    this.#nonce = nonce;
  }

  #next(kind: Kind, text: string): string {
    this.#count += 1;
    return socketCode(this.#key, this.#nonce, this.#count, kind, text);
  }

  /** The next message with its code in front. */
  seal(text: string): string {
    return this.#next('message', text) + text;
  }

  /** The reason of a close frame: the code of its number. */
  sealClose(code: number): string {
    return this.#next('close', String(code));
  }
}

/** Checks the codes of one WebSocket. All are made with one key, that of the first message among those that are accepted. */
export class SocketCodeReader {
  #keys: readonly KeyObject[];
  readonly #nonce: string;
  #count = 0;

  constructor(keys: readonly KeyObject[], nonce: string) {
    this.#keys = keys;
    this.#nonce = nonce;
  }

  /** None is left after a message that does not fit: nothing fits any more. */
  #isNext(code: string, kind: Kind, text: string): boolean {
    this.#count += 1;
    const made = (key: KeyObject) => socketCode(key, this.#nonce, this.#count, kind, text);
    this.#keys = this.#keys.filter((key) => isSame(code, made(key)));
    return this.#keys.length > 0;
  }

  /** The message without its code; undefined when it, or one before, is not the next one of this socket. */
  open(sealed: string): string | undefined {
    const text = sealed.slice(codeCharacters);
    return this.#isNext(sealed.slice(0, codeCharacters), 'message', text) ? text : undefined;
  }

  isAuthenticClose(code: number, reason: string): boolean {
    return this.#isNext(reason, 'close', String(code));
  }
}

/** Lets a subgraph's WebSocket send every message, and its close, with a code. */
export function authenticateSocket(socket: WebSocket, key: KeyObject, nonce: string): void {
  const codes = new SocketCodes(key, nonce);
  const send = socket.send.bind(socket) as (data: string, sent?: (error?: Error) => void) => void;
  const close = socket.close.bind(socket);
  socket.send = (data: unknown, ...rest: readonly unknown[]) => {
    const sent = rest.find((argument) => typeof argument === 'function');
    send(codes.seal(String(data)), sent as (error?: Error) => void);
  };
  socket.close = (code = 1000) => close(code, codes.sealClose(code));
}
