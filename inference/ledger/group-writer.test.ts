import { describe, expect, it } from 'vitest';
import { GroupWriter, type GroupWriterOptions } from './group-writer.ts';

class BadItem extends Error {}

function setup(options: Pick<GroupWriterOptions, 'batchMax' | 'waitingMax' | 'gatherMs' | 'delay'>) {
  const groups: (readonly number[])[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const writer = new GroupWriter<number>(
    (items) => {
      groups.push([...items]);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    },
    { ...options, isOfItems: (error) => error instanceof BadItem },
  );
  const begun = async (count: number) => {
    while (groups.length < count) await new Promise(setImmediate);
  };
  return { groups, ends, writer, begun };
}

describe('GroupWriter', () => {
  it('gathers what comes while a group is on its way, in order, at most batchMax at a time', async () => {
    const { groups, ends, writer, begun } = setup({ batchMax: 3, waitingMax: 100 });
    const written = [1, 2].map((item) => writer.push(item));
    await begun(1);
    written.push(...[3, 4, 5, 6].map((item) => writer.push(item)));
    expect(groups).toEqual([[1, 2]]);
    ends[0]?.resolve();
    await begun(2);
    ends[1]?.resolve();
    await begun(3);
    ends[2]?.resolve();
    await Promise.all(written);
    expect(groups).toEqual([[1, 2], [3, 4, 5], [6]]);
  });

  it('gathers for gatherMs after a group of more than 4 items, and at once after fewer or when a group is full', async () => {
    const waits: PromiseWithResolvers<void>[] = [];
    const delay = (ms: number) => {
      expect(ms).toBe(7);
      const wait = Promise.withResolvers<void>();
      waits.push(wait);
      return wait.promise;
    };
    const { groups, ends, writer, begun } = setup({ batchMax: 5, waitingMax: 100, gatherMs: 7, delay });
    const push = (...items: number[]) => items.map((item) => writer.push(item));
    const turns = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    };
    push(1, 2, 3, 4, 5);
    await begun(1);
    const second = push(6);
    ends[0]?.resolve();
    await turns();
    expect(groups).toEqual([[1, 2, 3, 4, 5]]);
    second.push(...push(7, 8, 9));
    waits[0]?.resolve();
    await begun(2);
    push(10, 11, 12, 13, 14);
    ends[1]?.resolve();
    await Promise.all(second);
    // The second group was small.
    await begun(3);
    push(15, 16, 17, 18, 19);
    ends[2]?.resolve();
    // The fourth is full.
    await begun(4);
    ends[3]?.resolve();
    await turns();
    expect(waits).toHaveLength(2);
    waits[1]?.resolve();
    expect(groups).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9],
      [10, 11, 12, 13, 14],
      [15, 16, 17, 18, 19],
    ]);
  });

  it('holds no item back after a group of 4', async () => {
    let waited = 0;
    const delay = async () => void waited++;
    const { groups, ends, writer, begun } = setup({ batchMax: 9, waitingMax: 100, gatherMs: 7, delay });
    const pushed = [writer.push(1)];
    await begun(1);
    pushed.push(...[2, 3, 4, 5].map((item) => writer.push(item)));
    ends[0]?.resolve();
    await begun(2);
    pushed.push(writer.push(6));
    ends[1]?.resolve();
    await begun(3);
    ends[2]?.resolve();
    await Promise.all(pushed);
    expect(groups).toEqual([[1], [2, 3, 4, 5], [6]]);
    expect(waited).toBe(0);
  });

  it('fails the items of a group that fails by no fault of theirs, all at once, and continues with the next', async () => {
    const { ends, writer, begun } = setup({ batchMax: 10, waitingMax: 100 });
    const first = [writer.push(1), writer.push(2)].map((written) =>
      expect(written).rejects.toThrow('no disk'),
    );
    await begun(1);
    const second = writer.push(3);
    ends[0]?.reject(new Error('no disk'));
    await Promise.all(first);
    await begun(2);
    ends[1]?.resolve();
    await second;
  });

  it('refuses of a group only the item that it fails by', async () => {
    const groups: (readonly number[])[] = [];
    const writer = new GroupWriter<number>(
      async (items) => {
        groups.push([...items]);
        if (items.includes(3)) throw new BadItem('not 3');
      },
      { batchMax: 10, waitingMax: 100, isOfItems: (error) => error instanceof BadItem },
    );
    const written = await Promise.allSettled([1, 2, 3, 4].map((item) => writer.push(item)));
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(groups).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
  });

  it('refuses with OVERLOADED beyond its bound', async () => {
    const { ends, writer, begun } = setup({ batchMax: 10, waitingMax: 2 });
    const written = [writer.push(1), writer.push(2)];
    await expect(writer.push(3)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await begun(1);
    ends[0]?.resolve();
    await Promise.all(written);
    const after = writer.push(4);
    await begun(2);
    ends[1]?.resolve();
    await after;
  });
});
