import type { LimitSetter, LimitWindow, Meter } from '#core/graph-enums.generated.ts';
/** One limit as stored: a plan's, an app's or a key's. */
export interface LimitRecord {
  meter: Meter;
  window: LimitWindow;
  /** Calls, tokens, calls in flight or cost of reads; nano-dollars for COST. */
  amount: bigint;
  /** Absent in records of versions that did not keep it: then it counts as an operator's. */
  setBy?: LimitSetter;
}

/** The mongoose path of a list of limits. */
export const limitsPath = [
  {
    _id: false,
    meter: { type: String, required: true },
    window: { type: String, required: true },
    amount: { type: BigInt, required: true },
    setBy: String,
  },
];
