import { describe, expect, it } from 'vitest';
import { Use } from '../auth/client-use.ts';
import { Turns } from './turns.ts';

const client = () => new Use(20, 0);

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

  it('serves the caller that has used least, whatever one has sent before', async () => {
    const turns = new Turns();
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
