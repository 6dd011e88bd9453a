import { describe, expect, it } from 'vitest';
import { countReads } from './reads.ts';

describe('what an operation draws on READS', () => {
  it.each([
    [{ metered: 0, others: true }, 0, 1],
    [{ metered: 0, others: true }, 1, 1],
    [{ metered: 0, others: true }, 1.2, 2],
    [{ metered: 0, others: true }, 150, 150],
    [{ metered: 1, others: false }, 10, 0],
    [{ metered: 1, others: false }, 100, 0],
    [{ metered: 1, others: false }, 100.5, 1],
    [{ metered: 1, others: false }, 150, 50],
    [{ metered: 2, others: false }, 150, 0],
    [{ metered: 2, others: false }, 201, 1],
    [{ metered: 1, others: true }, 50, 1],
    [{ metered: 1, others: true }, 130, 30],
    [{ metered: 0, others: false }, 0, 0],
  ])(
    'is the cost beyond 100 for each field with @quota, and 1 where it requests anything else: %j at %d',
    (root, cost, reads) => {
      expect(countReads(root, cost)).toBe(reads);
    },
  );
});
