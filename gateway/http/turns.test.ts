import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

describe('Turns', () => {
  it('lets one piece of work run in each turn of the event loop, callers with a key first', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work = async (name: string, isAnonymous: boolean) => {
      await turns.next(isAnonymous);
      order.push(name);
      setImmediate(() => order.push('others'));
    };
    await Promise.all([work('anonymous', true), work('first', false), work('second', false)]);
    // What the first piece leaves to others runs before the third begins.
    expect(order).toEqual(['first', 'second', 'others', 'anonymous']);
  });

  it('refuses as overloaded where too many wait', async () => {
    const turns = new Turns();
    const waiting = Array.from({ length: 1_000 }, () => turns.next(true));
    await expect(turns.next(true)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await turns.next(false);
    await Promise.all(waiting);
    await turns.next(true);
  });
});
