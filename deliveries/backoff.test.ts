import { expect, it } from 'vitest';
import { computeDelayMs } from './backoff.ts';

const least = () => 0;
const most = () => 1;

it.each([
  ['the first failure: 2.5 to 5 seconds', 1, null, 2_500, 5_000],
  ['the second: twice as long', 2, null, 5_000, 10_000],
  ['the tenth', 10, null, 1_280_000, 2_560_000],
  ['the eleventh: an hour at most', 11, null, 1_800_000, 3_600_000],
  ['the thousandth', 1_000, null, 1_800_000, 3_600_000],
  ['none yet', 0, null, 2_500, 5_000],
  ['a failure whose receiver requests a longer wait', 1, 60_000, 60_000, 60_000],
  ['a failure whose receiver requests a shorter wait', 1, 3_000, 3_000, 5_000],
])('a delivery waits after %s', (_what, failures, retryAfterMs, leastMs, mostMs) => {
  expect(computeDelayMs(failures, retryAfterMs, least)).toBe(leastMs);
  expect(computeDelayMs(failures, retryAfterMs, most)).toBe(mostMs);
});
