import { describe, expect, it } from 'vitest';
import { RecentLowest } from './recent-lowest.ts';

const minute = 60_000;

describe('the lowest value of late', () => {
  it('is that of five minutes at least, and is forgotten after ten', () => {
    const lowest = new RecentLowest();
    expect(lowest.read(0)).toBeUndefined();
    lowest.note(0.5, 4 * minute);
    lowest.note(0.7, 4 * minute);
    expect(lowest.read(4 * minute)).toBe(0.5);
    lowest.note(0.6, 9 * minute);
    expect(lowest.read(9 * minute)).toBe(0.5);
    expect(lowest.read(10 * minute)).toBe(0.6);
    lowest.note(0, 14 * minute);
    expect(lowest.read(14 * minute)).toBe(0);
    expect(lowest.read(20 * minute)).toBeUndefined();
  });
});
