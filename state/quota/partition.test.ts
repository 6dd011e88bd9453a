import { expect, it } from 'vitest';
import { Partition } from './partition.ts';
import { limitOn } from './suite/calls.ts';

it('remembers what is settled for a read of the ledger in progress, when one that began too long ago ends', () => {
  const startMs = Date.UTC(2026, 2, 1);
  const lateMs = startMs + 120_001;
  const partition = new Partition();
  const keys = [limitOn('app:a', 'COST', 10n, 'MONTH')];
  const nothing = { keys, sums: [], calls: [] };
  const early = partition.beginSeed(startMs);
  const late = partition.beginSeed(lateMs);
  expect(partition.applySeed({ ...early, ...nothing }, lateMs)).toBe(false);
  const asked = {
    id: '1',
    partition: 'p',
    scopes: ['app:a'],
    amounts: { COST: 4n },
    limits: [],
    ttlMs: 60_000,
  };
  expect(partition.reserve(asked, 0, lateMs + 1)).toMatchObject({ done: { granted: true } });
  partition.settle('1', { COST: 3n }, ['app:a'], lateMs + 2);
  expect(partition.applySeed({ ...late, ...nothing }, lateMs + 3)).toBe(true);
  expect(partition.read(keys, lateMs + 4)).toEqual({ done: [{ spent: 3n, reserved: 0n }] });
  expect(partition.isSeeding(lateMs + 4)).toBe(false);
});
