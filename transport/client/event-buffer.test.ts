import { describe, expect, it, vi } from 'vitest';
import { EventBuffer } from './event-buffer.ts';

const open = (options: { readonly max?: number; readonly sizeMax?: number } = {}) => {
  const onReturn = vi.fn();
  const onOverflow = vi.fn();
  const buffer = new EventBuffer<string>({
    max: 3,
    sizeMax: 10,
    measure: ({ length }) => length,
    overflow: (last) => `instead of ${last.length}`,
    onOverflow,
    onReturn,
    ...options,
  });
  return { buffer, onReturn, onOverflow };
};

async function rest(buffer: EventBuffer<string>): Promise<string[]> {
  const seen: string[] = [];
  for (let step = await buffer.next(); step.done !== true; step = await buffer.next()) seen.push(step.value);
  return seen;
}

describe('events that wait for a reader', () => {
  it('are held up to a number, then the stream ends with why', async () => {
    const { buffer, onReturn, onOverflow } = open();
    for (const event of ['a', 'b', 'c', 'd', 'e']) buffer.push(event);
    expect(onOverflow).toHaveBeenCalledTimes(1);
    expect(onReturn).not.toHaveBeenCalled();
    expect(await rest(buffer)).toEqual(['a', 'b', 'c', 'instead of 1']);
  });

  it('are held up to a size, then the stream ends with why', async () => {
    const { buffer, onReturn, onOverflow } = open();
    for (const event of ['aaaaa', 'bbbbb', 'c']) buffer.push(event);
    expect(onOverflow).toHaveBeenCalledTimes(1);
    expect(onReturn).not.toHaveBeenCalled();
    expect(await rest(buffer)).toEqual(['aaaaa', 'bbbbb', 'instead of 1']);
  });

  it('may be one that is larger than that size, alone', async () => {
    const { buffer, onOverflow } = open();
    const large = 'x'.repeat(50);
    buffer.push(large);
    expect((await buffer.next()).value).toBe(large);
    buffer.push(large);
    expect((await buffer.next()).value).toBe(large);
    expect(onOverflow).not.toHaveBeenCalled();
    buffer.push('a');
    buffer.push(large);
    expect(await rest(buffer)).toEqual(['a', 'instead of 50']);
  });

  it('count no more once they are read', async () => {
    const { buffer, onOverflow } = open();
    for (let at = 0; at < 20; at++) {
      buffer.push('aaaaa');
      buffer.push('bbbbb');
      await buffer.next();
      await buffer.next();
    }
    const next = buffer.next();
    buffer.push('x'.repeat(50));
    expect((await next).value).toHaveLength(50);
    expect(onOverflow).not.toHaveBeenCalled();
  });
});
