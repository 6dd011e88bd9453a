import { expect, it } from 'vitest';
import { OneAtATime } from './one-at-a-time.ts';

it('runs the tasks of a user one after another, also after one that fails, and those of others beside them', async () => {
  const turns = new OneAtATime();
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const task = (name: string, until?: Promise<void>) => async () => {
    order.push(`${name} begins`);
    await until;
    order.push(`${name} ends`);
    return name;
  };
  const tasks = [
    turns.run('a', task('a1', first.promise)),
    turns.run('a', () => Promise.reject(new Error('a2 failed'))),
    turns.run('a', task('a3')),
    turns.run('b', task('b1')),
  ];
  const failed = expect(tasks[1]).rejects.toThrow('a2 failed');
  expect(await tasks[3]).toBe('b1');
  expect(order).toEqual(['a1 begins', 'b1 begins', 'b1 ends']);
  first.resolve();
  await failed;
  expect(await tasks[2]).toBe('a3');
  expect(order.slice(3)).toEqual(['a1 ends', 'a3 begins', 'a3 ends']);
});

it('refuses where too many tasks of a user wait, until they have run', async () => {
  const turns = new OneAtATime();
  const first = Promise.withResolvers<void>();
  const running = Array.from({ length: 101 }, () => turns.run('a', () => first.promise));
  await expect(turns.run('a', async () => 1)).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(await turns.run('b', async () => 2)).toBe(2);
  first.resolve();
  await Promise.all(running);
  expect(await turns.run('a', async () => 3)).toBe(3);
});
