import { describe, expect, it } from 'vitest';
import { type CallOutcome, createHealthRegistry } from './health.ts';

const succeeded: CallOutcome = {
  result: 'SUCCEEDED',
  latencyMs: 600_000,
  timeToFirstTokenMs: null,
  wholeMs: null,
  outputTokens: 100,
  retryAfterMs: null,
};

describe('the pace of an AI model', () => {
  it.each<[string, Partial<CallOutcome>, number | null]>([
    ['a whole answer', { wholeMs: 5_000 }, 50],
    ['a stream, whose reader may be slow', {}, null],
    ['an answer of one token', { wholeMs: 30_000, outputTokens: 1 }, null],
    ['a failure', { result: 'FAILED', wholeMs: 5_000 }, null],
  ])('is known from %s: %j', (_what, outcome, msPerToken) => {
    const health = createHealthRegistry();
    health.begin('m', 'p')?.({ ...succeeded, ...outcome });
    expect(health.msPerToken('m')).toBe(msPerToken);
  });
});
