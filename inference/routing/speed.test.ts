import { expect, it } from 'vitest';
import { Speed } from './health.ts';

it('a speed is known for a minute after its last sample, to the millisecond, and begins anew after that', () => {
  let nowMs = 0;
  const speed = new Speed(() => nowMs);
  expect(speed.value).toBeNull();
  speed.add(100);
  nowMs += 60_000;
  expect(speed.value).toBe(100);
  speed.add(200);
  expect(speed.value).toBe(130);
  nowMs += 60_001;
  expect(speed.value).toBeNull();
  speed.add(200);
  expect(speed.value).toBe(200);
});
