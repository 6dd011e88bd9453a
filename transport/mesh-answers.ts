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

/** Was the answer made by this mesh, for the request that carried this identity? */
export function isAuthenticAnswer(
  key: KeyObject,
  code: unknown,
  identity: string,
  status: number,
  body: string,
): boolean {
  return typeof code === 'string' && isSame(code, answerCode(key, identity, status, body));
}

/** Codes for the messages of one WebSocket, in order: none can be changed, left out, moved or come from another socket. */
export class SocketCodes {
  readonly #key: KeyObject;
  readonly #nonce: string;
  #count = 0;
  #isBroken = false;

  constructor(key: KeyObject, nonce: string) {
    this.#key = key;
    this.#nonce = nonce;
  }

  #next(kind: 'message' | 'close', text: string): string {
    this.#count += 1;
    return authenticateTexts(this.#key, kind, this.#nonce, String(this.#count), text);
  }

  /** The next message with its code in front. */
  seal(text: string): string {
    return this.#next('message', text) + text;
  }

  /** The message without its code; undefined when it, or one before, is not the next one of this socket. */
  open(sealed: string): string | undefined {
    const text = sealed.slice(codeCharacters);
    this.#isBroken ||= !isSame(sealed.slice(0, codeCharacters), this.#next('message', text));
    return this.#isBroken ? undefined : text;
  }

  /** The reason of a close frame: the code of its number. */
  sealClose(code: number): string {
    return this.#next('close', String(code));
  }

  isAuthenticClose(code: number, reason: string): boolean {
    return !this.#isBroken && isSame(reason, this.#next('close', String(code)));
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
