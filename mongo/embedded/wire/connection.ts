import type { Socket } from 'node:net';
import { CommandError } from '../errors.ts';
import { Framer, ProtocolViolation } from './framing.ts';
import { encodeReply, type Message, parseMessage, readRequestId } from './message.ts';

/** Unread requests of one client beyond this many bytes are left in the kernel's buffer until the first are answered. */
export const READ_AHEAD_BYTES = 1024 * 1024;
/** Answers that a client does not read beyond this many bytes: no further request of it is begun. */
export const UNREAD_ANSWER_BYTES = 16 * 1024 * 1024;

/** One client connection as the commands see it. */
export type WireClient = { readonly id: number; name: string; closed: boolean };

/** What answers requests: bytes of one BSON document per message; CLOSE cuts the connection instead (fail points). */
export const CLOSE: unique symbol = Symbol('close');
export type Answerer = {
  answer(
    message: Message,
    client: WireClient,
  ): Promise<Uint8Array | typeof CLOSE> | Uint8Array | typeof CLOSE;
  /** The answer to a message that could not be read as a command. */
  refuse(error: unknown): Uint8Array;
};

let lastClientId = 0;

/** Serves one socket: requests in order, one at a time, until it closes. A violation of the protocol closes it. */
export function serveConnection(socket: Socket, answerer: Answerer): void {
  const client: WireClient = { id: ++lastClientId, name: '', closed: false };
  const framer = new Framer();
  let busy = false;

  const drain = async (): Promise<void> => {
    busy = true;
    try {
      for (let bytes = framer.next(); bytes !== undefined; bytes = framer.next()) {
        await serveMessage(bytes);
        if (client.closed) return;
        if (socket.writableLength > UNREAD_ANSWER_BYTES) await drained(socket);
      }
    } catch {
      // Any error: a violation of the protocol or a defect ends this client alone.
      socket.destroy();
    } finally {
      busy = false;
    }
    if (socket.isPaused()) socket.resume();
  };

  const serveMessage = async (bytes: Buffer): Promise<void> => {
    let message: Message;
    try {
      message = parseMessage(bytes);
    } catch (error) {
      if (error instanceof ProtocolViolation || !(error instanceof CommandError)) throw error;
      socket.write(
        encodeReply({ requestId: readRequestId(bytes), legacy: undefined }, answerer.refuse(error)),
      );
      return;
    }
    const pending = answerer.answer(message, client);
    const reply = pending instanceof Promise ? await pending : pending;
    if (reply === CLOSE) socket.destroy();
    else if (!message.silent && !client.closed) socket.write(encodeReply(message, reply));
  };

  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    framer.push(chunk);
    if (!busy) void drain();
    else if (framer.held > READ_AHEAD_BYTES) socket.pause();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    client.closed = true;
  });
}

async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('drain', resolve);
  socket.once('close', resolve);
  await promise;
  socket.off('drain', resolve);
  socket.off('close', resolve);
}
