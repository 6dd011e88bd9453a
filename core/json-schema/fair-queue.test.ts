import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

const limits = { waitingMax: 6, waitingPerUserMax: 4, sizeMax: 100, sizePerUserMax: 60 };

describe('FairQueue', () => {
  it('serves the user that has used least, and each in the order of its tasks', () => {
    const queue = new FairQueue<string>(limits);
    for (const task of ['a1', 'a2', 'a3']) queue.add('a', task, 1);
    const served: string[] = [];
    const serve = (cost: number) => {
      const next = queue.take();
      if (next === undefined) return;
      served.push(next.task);
      queue.charge(next.user, cost);
    };
    serve(100);
    for (const task of ['b1', 'b2']) queue.add('b', task, 1);
    for (let i = 0; i < 4; i++) serve(10);
    expect(served).toEqual(['a1', 'b1', 'b2', 'a2', 'a3']);
    expect(queue.take()).toBeUndefined();
  });

  it('saves up nothing for a user that requests nothing', () => {
    const queue = new FairQueue<string>(limits);
    const serve = (user: string, cost: number) => {
      queue.add(user, user, 1);
      queue.take();
      queue.charge(user, cost);
    };
    serve('late', 1);
    for (let i = 0; i < 50; i++) serve('busy', 10);
    queue.add('late', 'l1', 1);
    queue.add('late', 'l2', 1);
    queue.add('busy', 'b1', 1);
    expect(queue.take()?.user).toBe('late');
    queue.charge('late', 20);
    expect(queue.take()?.user).toBe('busy');
  });

  it('bounds the tasks and their sizes, of all and of each user, and frees what is taken or withdrawn', () => {
    const queue = new FairQueue<string>(limits);
    expect(['1', '2', '3', '4', '5'].map((task) => queue.add('a', task, 1))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([queue.add('b', '1', 61), queue.add('b', '2', 60), queue.add('b', '3', 1)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([queue.add('c', '1', 37), queue.add('c', '2', 36), queue.add('d', '1', 0)]).toEqual([
      false,
      true,
      false,
    ]);
    queue.withdraw('c', '2');
    queue.withdraw('c', 'unknown');
    expect(queue.add('d', '1', 36)).toBe(true);
    expect(queue.take()?.task).toBe('1');
    expect(queue.add('e', '1', 1)).toBe(true);
  });
});
