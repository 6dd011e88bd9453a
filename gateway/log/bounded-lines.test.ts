import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BoundedLines, type LeftOut } from './bounded-lines.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const reports: LeftOut[] = [];
  const lines = new BoundedLines((leftOut) => reports.push(leftOut));
  const admitted = (kind: string, times: number) =>
    Array.from({ length: times }, () => lines.admit(kind)).filter(Boolean).length;
  return { reports, lines, admitted };
}

describe('lines that clients can cause', () => {
  it('are five of a kind in ten seconds; what is left out is counted and reported once', () => {
    const { reports, admitted } = start();
    expect(admitted('a', 1_000)).toBe(5);
    expect(admitted('b', 7)).toBe(5);
    expect(admitted('c', 5)).toBe(5);
    vi.advanceTimersByTime(9_999);
    expect(reports).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(reports).toEqual([
      {
        count: 997,
        most: [
          { kind: 'a', count: 995 },
          { kind: 'b', count: 2 },
        ],
      },
    ]);
    expect(admitted('a', 6)).toBe(5);
  });

  it('are fifty a second of all kinds', () => {
    const { reports, lines } = start();
    for (let second = 0; second < 3; second++) {
      const shown = Array.from({ length: 200 }, (_, n) => lines.admit(`${second} ${n}`)).filter(Boolean);
      expect(shown).toHaveLength(50);
      vi.advanceTimersByTime(1_000);
    }
    vi.advanceTimersByTime(10_000);
    expect(reports).toMatchObject([{ count: 450 }]);
    expect(reports[0]?.most).toHaveLength(10);
  });

  it('are kept apart by ten thousand kinds at most; more are counted only', () => {
    const { reports, lines } = start();
    for (let n = 0; n < 30_000; n++) lines.admit(`${n}`);
    lines[Symbol.dispose]();
    expect(reports).toMatchObject([{ count: 29_950 }]);
  });

  it('are reported when the process ends, and nothing is reported where nothing was left out', () => {
    const { reports, lines, admitted } = start();
    admitted('a', 5);
    lines[Symbol.dispose]();
    expect(reports).toEqual([]);
    admitted('a', 6);
    lines[Symbol.dispose]();
    expect(reports).toEqual([{ count: 1, most: [{ kind: 'a', count: 1 }] }]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
