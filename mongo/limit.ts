/** One limit as stored: a plan's, an app's or a key's. */
export interface LimitRecord {
  meter: 'REQUESTS' | 'TOKENS' | 'COST' | 'CONCURRENCY';
  window: 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY' | 'MONTH' | 'INFLIGHT';
  /** Calls, tokens or calls in flight; nano-dollars for COST. */
  amount: bigint;
}

/** The mongoose path of a list of limits. */
export const limitsPath = [
  {
    _id: false,
    meter: { type: String, required: true },
    window: { type: String, required: true },
    amount: { type: BigInt, required: true },
  },
];
