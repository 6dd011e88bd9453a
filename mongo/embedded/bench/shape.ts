import { randomBytes } from 'node:crypto';

/** Fields of every document besides the padding; `owner` and `n` carry the two indexes that every measure has. */
export interface BenchDocument {
  _id: number;
  owner: string;
  n: number;
  kind: string;
  cost: number;
  pad: string;
}

export const INDEXES = [
  { key: { owner: 1, n: -1 }, name: 'owner_n' },
  { key: { n: 1 }, name: 'n', unique: true },
] as const;

const OWNERS = 1000;
const KINDS = ['chat', 'embed', 'image', 'rerank', 'speech'];
/** A kilobyte that neither compresses nor repeats. */
const PAD = randomBytes(1000).toString('base64');

/** A document of 1 KB (BSON). */
export function buildDocument(n: number): BenchDocument {
  return {
    _id: n,
    owner: `owner-${n % OWNERS}`,
    n,
    kind: KINDS[n % KINDS.length] ?? '',
    cost: n % 97,
    pad: PAD.slice(n % 400, (n % 400) + 920),
  };
}

/** Runs `work` for 0 … count-1 with so many in flight at a time. */
export async function inFlight(
  count: number,
  width: number,
  work: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, runner));
}

/** The value below which this share of the sorted samples lies. */
export function quantile(samples: number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** One row of the table. */
export interface Figure {
  what: string;
  perSecond?: number;
  p50Ms?: number;
  p99Ms?: number;
  /** CPU of the store's process per operation. */
  storeMicros?: number;
  note?: string;
  /** Whether the target that the note names is reached. */
  reached?: boolean;
}
