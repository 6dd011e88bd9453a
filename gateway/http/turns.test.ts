import { describe, expect, it, vi } from 'vitest';
import { Use } from '../auth/client-use.ts';
import { Turns } from './turns.ts';

const client = () => new Use(20, 0);

/** A clock that stands unless it is moved, and counts how often it was looked at. */
function testClock() {
  const at = { ms: 0, idleMs: 0, looks: 0 };
  const clock = {
    now() {
      at.looks++;
      return at.ms;
    },
    idle: () => at.idleMs,
  };
  const pass = (ms: number, { idle }: { idle: boolean }) => {
    at.ms += ms;
    if (idle) at.idleMs += ms;
  };
  const lookedAgain = async () => {
    const { looks } = at;
    await vi.waitFor(() => expect(at.looks).toBeGreaterThan(looks + 2));
  };
  return { clock, pass, lookedAgain };
}

describe('Turns', () => {
  it('leaves four turns of the event loop to others after each piece of work, callers with a key first', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const others = () => {
      order.push('-');
      if (order.filter((entry) => entry !== '-').length < 3) setImmediate(others);
    };
    const work = async (name: string, isAnonymous: boolean) => {
      await turns.next(client(), isAnonymous);
      order.push(name);
    };
    const all = [work('anonymous', true), work('first', false), work('second', false)];
    setImmediate(others);
    await Promise.all(all);
    const [before, ...between] = order.join('').split(/first|second|anonymous/);
    expect(before?.length).toBeLessThan(2);
    expect(order.filter((entry) => entry !== '-')).toEqual(['first', 'second', 'anonymous']);
    for (const free of between.slice(0, 2)) expect(free.length).toBeGreaterThanOrEqual(4);
  });

  it('states how many wait', async () => {
    const turns = new Turns();
    const all = [client(), client(), client()].map((use) => turns.next(use, false));
    expect(turns.waiting).toBe(3);
    await all[0];
    expect(turns.waiting).toBe(2);
    await Promise.all(all);
    expect(turns.waiting).toBe(0);
  });

  it.each([
    ['when the process has been idle for as long as it took', { idle: true }, 30, 30],
    ['at the latest after four times what it took', { idle: false }, 30, 120],
    ['when the process has been idle for 100 ms, however long it took', { idle: true }, 5_000, 100],
    ['at the latest after 400 ms, however long it took', { idle: false }, 5_000, 400],
  ])('begins the next piece %s', async (_, how, spentMs, restMs) => {
    const { clock, pass, lookedAgain } = testClock();
    const turns = new Turns(clock);
    const use = client();
    await turns.next(use, false);
    pass(spentMs, { idle: false });
    turns.charge(use, false, spentMs);
    let isBegun = false;
    const next = turns.next(client(), false).then(() => {
      isBegun = true;
    });
    pass(restMs - 1, how);
    await lookedAgain();
    expect(isBegun).toBe(false);
    pass(1, how);
    await next;
  });

  it('serves the caller that has used least, whatever one has sent before', async () => {
    let ms = 0;
    const turns = new Turns({ now: () => (ms += 1_000), idle: () => 0 });
    const [heavy, light] = [client(), client()];
    const order: string[] = [];
    const work = async (name: string, use: Use, ms: number) => {
      await turns.next(use, false);
      order.push(name);
      turns.charge(use, false, ms);
    };
    const first = Array.from({ length: 20 }, () => work('heavy', heavy, 40));
    await first[0];
    await Promise.all([...first, work('light', light, 1), work('light', light, 1)]);
    expect(order.slice(0, 4)).toEqual(['heavy', 'light', 'light', 'heavy']);
  });

  it('refuses as overloaded where too many wait, of all and of one', async () => {
    const turns = new Turns();
    const overloaded = {
      code: 'OVERLOADED',
      extensions: { notBegun: true, retryAfterMs: expect.any(Number) },
    };
    const clients = Array.from({ length: 4 }, client);
    const waiting = clients.flatMap((use) => Array.from({ length: 250 }, () => turns.next(use, true)));
    await expect(turns.next(client(), true)).rejects.toMatchObject(overloaded);
    await turns.next(client(), false);
    await Promise.all(waiting);
    const one = client();
    const own = Array.from({ length: 250 }, () => turns.next(one, false));
    await expect(turns.next(one, false)).rejects.toMatchObject(overloaded);
    await turns.next(client(), false);
    await Promise.all(own);
  });
});
