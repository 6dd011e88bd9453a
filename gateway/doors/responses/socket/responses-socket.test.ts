import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { socketErrorSchema } from '#test/support/response-schemas.ts';
import type { SocketConnection } from '../../../http/sockets/socket-connection.ts';
import { ResponsesSocket } from './responses-socket.ts';

afterEach(() => void vi.useRealTimers());

/** A session over a WebSocket that keeps what is sent; its callers are looked up until `answer` resolves. */
function openSession() {
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    sent: [] as string[],
    closedWith: [] as unknown[],
    send: (text: string) => void socket.sent.push(text),
    close: (code: number) => {
      socket.closedWith.push(code);
      socket.readyState = 2;
    },
  });
  const held = { bytes: 0 };
  const identified = Promise.withResolvers<never>();
  const work = new Set<unknown>();
  const connection = {
    socket,
    incoming: { admit() {} },
    client: { use: {}, address: '127.0.0.1' },
    clientRequestId: null,
    credentials: {},
    request: { headers: {} },
    services: {
      log: { error() {} },
      refusals: { thrown() {} },
      work: {
        begin: (one: unknown) => void work.add(one),
        end: (one: unknown) => void work.delete(one),
      },
      callers: { identify: () => identified.promise, isKnown: () => true },
      clients: {
        waitMs: () => 0,
        refused() {},
        addBytes(_use: unknown, bytes: number) {
          held.bytes += bytes;
        },
        removeBytes(_use: unknown, bytes: number) {
          held.bytes -= bytes;
        },
      },
    },
  } as unknown as SocketConnection;
  return { session: new ResponsesSocket(connection), socket, held, work, fail: identified.reject };
}

const hour = 60 * 60_000;
const message = JSON.stringify({ type: 'response.create', model: 'demo/echo', input: 'Hello' });
const readCodes = (sent: readonly string[]) =>
  sent.map((text) => socketErrorSchema.parse(JSON.parse(text)).error.code);

describe('a session of responses', () => {
  it('is closed after an hour with the code that its clients reconnect by', () => {
    vi.useFakeTimers();
    const { socket } = openSession();
    vi.advanceTimersByTime(hour - 1);
    expect(socket.closedWith).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(readCodes(socket.sent)).toEqual(['websocket_connection_limit_reached']);
    expect(socket.closedWith).toEqual([1000]);
  });

  it('is closed after an hour when the response in progress has ended, and begins no other', async () => {
    vi.useFakeTimers();
    const { session, socket, fail } = openSession();
    session.receive(message);
    session.receive(message);
    vi.advanceTimersByTime(hour);
    expect(socket.closedWith).toEqual([]);
    fail(new Error('no caller') as never);
    await vi.waitUntil(() => socket.closedWith.length > 0);
    expect(readCodes(socket.sent)).toEqual([null, 'websocket_connection_limit_reached']);
  });

  it('is closed at a shutdown: at once while it is idle, else after its response', async () => {
    const idle = openSession();
    idle.session.closeWhenIdle();
    expect(idle.socket.closedWith).toEqual([1001]);
    const busy = openSession();
    busy.session.receive(message);
    busy.session.closeWhenIdle();
    expect([busy.socket.closedWith, busy.work.size]).toEqual([[], 1]);
    busy.fail(new Error('no caller') as never);
    await vi.waitUntil(() => busy.socket.closedWith.length > 0);
    expect([busy.socket.closedWith, busy.work.size]).toEqual([[1001], 0]);
  });

  it('holds the bytes of messages that wait, at most eight, and none after its end', () => {
    const { session, socket, held } = openSession();
    for (let at = 0; at < 10; at++) session.receive(message);
    expect(held.bytes).toBe(8 * message.length);
    expect(socket.sent.map((text) => JSON.parse(text).status)).toEqual([429]);
    session.ended();
    expect(held.bytes).toBe(0);
  });

  it('closes a client that reads none of its refusals', () => {
    const { session, socket } = openSession();
    for (let at = 0; at < 9; at++) session.receive(message);
    socket.bufferedAmount = 2 * 1024 * 1024;
    session.receive(message);
    expect([socket.sent, socket.closedWith]).toEqual([[], [1013]]);
  });
});
