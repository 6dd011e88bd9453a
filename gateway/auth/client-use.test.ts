import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type GatewayLimits, resolveLimits } from '../limits.ts';
import { ClientAddresses } from './client-address.ts';
import { ClientUse } from './client-use.ts';

const mebibyte = 1024 * 1024;

function usesWith(limits: Partial<GatewayLimits> = {}) {
  const clock = { ms: 1_000 };
  const uses = new ClientUse(new ClientAddresses(), resolveLimits(limits), () => clock.ms);
  const client = (remoteAddress: string) => uses.findClient({ socket: { remoteAddress } } as IncomingMessage);
  return { uses, clock, client };
}

describe('refused requests of a client', () => {
  it('make it wait once ten seconds of its rate came at once, until its rate allows one more', () => {
    const { uses, clock, client } = usesWith({ refusalsPerSecond: 2 });
    const { use } = client('9.9.9.9');
    for (let refused = 0; refused < 20; refused++) {
      expect(uses.waitMs(use)).toBe(0);
      uses.refused(use);
    }
    expect(uses.waitMs(use)).toBe(500);
    expect(uses.waitMs(client('8.8.8.8').use)).toBe(0);
    clock.ms += 250;
    expect(uses.waitMs(use)).toBe(250);
    clock.ms += 250;
    expect(uses.waitMs(use)).toBe(0);
    uses.refused(use);
    expect(uses.waitMs(use)).toBe(500);
  });

  it('are those of its /64 network', () => {
    const { client } = usesWith();
    expect(client('2001:db8::1').use).toBe(client('2001:db8::ffff:2').use);
    expect(client('2001:db8::1').use).not.toBe(client('2001:db8:0:1::1').use);
    expect(client('::ffff:9.9.9.9').use).toBe(client('9.9.9.9').use);
  });

  it('are five times as many for a key', () => {
    const { uses } = usesWith({ refusalsPerSecond: 2 });
    const use = uses.useOfKey('k1');
    for (let refused = 0; refused < 99; refused++) uses.refused(use);
    expect(uses.waitMs(use)).toBe(0);
    uses.refused(use);
    expect(uses.waitMs(use)).toBe(100);
  });

  it('leave a debt of ten seconds at most, however dear one was', () => {
    const { uses, client } = usesWith({ refusalsPerSecond: 2 });
    const { use } = client('9.9.9.9');
    uses.spent(use, 1e9);
    expect(uses.waitMs(use)).toBe(10_500);
  });
});

describe('what is remembered of clients', () => {
  it('has a bound; those that have to wait or hold something are kept', () => {
    const { uses, client, clock } = usesWith();
    const spender = client('9.9.9.9').use;
    for (let refused = 0; refused < 200; refused++) uses.refused(spender);
    const holder = client('9.9.9.8').use;
    uses.hold(holder, '9.9.9.8');
    const socketHolder = client('9.9.9.7');
    uses.holdAnonymousSocket(socketHolder);
    const sender = client('9.9.9.6').use;
    uses.addBytes(sender, 1, false);
    for (let n = 0; n < 30_000; n++) client(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(uses.size).toBe(20_000);
    expect(client('9.9.9.9').use).toBe(spender);
    expect(client('9.9.9.8').use).toBe(holder);
    clock.ms += 60_000;
    for (let n = 0; n < 30_000; n++) client(`11.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(uses.size).toBe(20_000);
    expect(client('9.9.9.8').use).toBe(holder);
    expect(client('9.9.9.7').use).toBe(socketHolder.use);
    expect(client('9.9.9.6').use).toBe(sender);
    expect(client('9.9.9.9').use).not.toBe(spender);
  });
});

describe('room for one more client', () => {
  it('is looked for among sixty-four, and among the next ones for the next client', () => {
    const { uses, client } = usesWith();
    for (let n = 0; n < 20_000; n++) {
      const address = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
      if (n !== 100) uses.hold(client(address).use, address);
      else client(address);
    }
    const [first, second, third] = ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((address) => client(address).use);
    // Those without a place of their own share one.
    expect(third).toBe(first);
    expect(second).not.toBe(first);
    expect(client('2.2.2.2').use).toBe(second);
    expect(uses.size).toBe(20_000);
  });
});

describe('bytes that are being read', () => {
  it('are bounded for one client, for all without a key, and for the process', () => {
    const { uses, client } = usesWith({ bodiesBytesMax: 8 * mebibyte });
    const add =
      (address: string, count: number, isAnonymous = false) =>
      () =>
        uses.addBytes(client(address).use, count * mebibyte, isAnonymous);
    add('1.1.1.1', 2)();
    expect(add('1.1.1.1', 1)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
    add('2.2.2.2', 1, true)();
    add('3.3.3.3', 1, true)();
    expect(add('4.4.4.4', 1, true)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    add('5.5.5.5', 2)();
    add('6.6.6.6', 2)();
    expect(add('7.7.7.7', 1)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    uses.removeBytes(client('5.5.5.5').use, 2 * mebibyte, false);
    add('7.7.7.7', 1)();
    uses.removeBytes(client('2.2.2.2').use, mebibyte, true);
    add('4.4.4.4', 1, true)();
  });
});

describe('answers that are not read', () => {
  it('are bounded for one client, and for all those that leave more than little', () => {
    const { uses, client } = usesWith({ unreadBytesMax: 16 * mebibyte });
    const hold = (address: string, bytes: number) => uses.holdAnswer(client(address).use, bytes);
    const leavesUnread = (address: string) => uses.leavesUnread(client(address).use);
    hold('1.1.1.1', 4 * mebibyte);
    expect(leavesUnread('1.1.1.1')).toBe(false);
    const release = hold('1.1.1.1', 100_000);
    expect(leavesUnread('1.1.1.1')).toBe(true);
    expect(leavesUnread('2.2.2.2')).toBe(false);
    release?.();
    expect(leavesUnread('1.1.1.1')).toBe(false);
    for (const address of ['2.2.2.2', '3.3.3.3', '4.4.4.4']) hold(address, 4 * mebibyte);
    hold('5.5.5.5', mebibyte);
    expect(leavesUnread('1.1.1.1')).toBe(true);
    expect(leavesUnread('5.5.5.5')).toBe(false);
    expect(hold('5.5.5.5', 1_000)).toBeUndefined();
  });
});

describe('connections of an address', () => {
  it('count until they close, each once', () => {
    const { uses } = usesWith({ connectionsPerAddressMax: 2 });
    const connect = () =>
      Object.assign(new EventEmitter(), { remoteAddress: '9.9.9.9' }) as unknown as Socket;
    const [first, second, third] = [connect(), connect(), connect()];
    expect([first, second, third].map((socket) => uses.connected(socket))).toEqual([true, true, false]);
    third.emit('close');
    expect(uses.connected(connect())).toBe(false);
    first.emit('close');
    first.emit('close');
    expect([connect(), connect()].map((socket) => uses.connected(socket))).toEqual([true, false]);
  });

  it('are bounded, ten times higher over loopback', () => {
    const { uses, client } = usesWith({ connectionsPerAddressMax: 2 });
    const held = (address: string) => {
      const { use } = client(address);
      let count = 0;
      while (uses.hold(use, address)) count++;
      return count;
    };
    expect([held('9.9.9.9'), held('127.0.0.1'), held('::1')]).toEqual([2, 20, 20]);
    uses.release(client('9.9.9.9').use);
    expect(held('9.9.9.9')).toBe(1);
  });
});
