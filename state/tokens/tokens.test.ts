import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { openLocalStates, openWorkerState } from '#test/support/local-state.ts';
import { withRedis } from '#test/support/processes/with-redis.ts';
import { createMemoryUsedTokens } from './memory.ts';
import { createRedisUsedTokens } from './redis.ts';
import type { UsedTokens } from './tokens.ts';

function usedTokensSuite(name: string, open: () => UsedTokens): void {
  it(`${name}: takes a token once, and another one beside it`, async () => {
    const used = open();
    const [one, other] = [randomUUID(), randomUUID()];
    expect(await used.add(one, 60_000)).toBe(true);
    expect(await used.add(one, 60_000)).toBe(false);
    expect(await used.add(other, 60_000)).toBe(true);
  });

  it(`${name}: takes a token once of many that come at the same time`, async () => {
    const used = open();
    const id = randomUUID();
    const taken = await Promise.all(Array.from({ length: 20 }, () => used.add(id, 60_000)));
    expect(taken.filter((isFirst) => isFirst)).toHaveLength(1);
  });
}

usedTokensSuite('memory', () => createMemoryUsedTokens());
usedTokensSuite('local', () => openWorkerState().usedTokens);

it('local: a token that one process took is taken by no other', async () => {
  const states = openLocalStates();
  const [one, two] = [states.addWorker().state.usedTokens, states.addWorker().state.usedTokens];
  expect(await one.add('a', 60_000)).toBe(true);
  expect(await two.add('a', 60_000)).toBe(false);
  expect(await states.primary.usedTokens.add('a', 60_000)).toBe(false);
});

it('memory: remembers a token for its time, however late it comes again, and forgets it later', async () => {
  let nowMs = 0;
  const used = createMemoryUsedTokens({ now: () => nowMs, max: 2 });
  nowMs = 39_000;
  expect(await used.add('a', 40_000)).toBe(true);
  for (const stepMs of [2_000, 27_000, 10_999]) {
    nowMs += stepMs;
    expect(await used.add('a', 40_000)).toBe(false);
  }
  nowMs += 80_001;
  expect(await used.add('a', 40_000)).toBe(true);
});

it('memory: remembers a token for its time, whichever others come meanwhile', async () => {
  let nowMs = 0;
  const used = createMemoryUsedTokens({ now: () => nowMs });
  const others = [0, 20_000, 39_999, 40_000, 59_997];
  for (const bornMs of [1, 19_999, 20_001, 39_998]) {
    const startMs = nowMs;
    for (const atMs of [...others, bornMs].toSorted((a, b) => a - b)) {
      nowMs = startMs + atMs;
      expect(await used.add(atMs === bornMs ? `token ${bornMs}` : randomUUID(), 40_000)).toBe(true);
    }
    nowMs = startMs + bornMs + 39_999;
    expect(await used.add(`token ${bornMs}`, 40_000)).toBe(false);
    nowMs += 80_001;
  }
});

it('memory: refuses with OVERLOADED rather than forget a token that could come again', async () => {
  const used = createMemoryUsedTokens({ max: 1 });
  await used.add('a', 40_000);
  await expect(used.add('b', 40_000)).rejects.toMatchObject({ code: 'OVERLOADED' });
});

withRedis('used tokens in Redis', (connections) => {
  usedTokensSuite('redis', () => createRedisUsedTokens(connections().commands));

  it('redis: a token that one process took is taken by no other', async () => {
    const id = randomUUID();
    expect(await createRedisUsedTokens(connections().commands).add(id, 60_000)).toBe(true);
    expect(await createRedisUsedTokens(connections().commands).add(id, 60_000)).toBe(false);
  });

  it('redis: forgets a token after its time', async () => {
    const used = createRedisUsedTokens(connections().commands);
    const id = randomUUID();
    await used.add(id, 30);
    await vi.waitFor(async () => expect(await connections().admin.exists(`heddle:token:${id}`)).toBe(0));
  });
});
