import type { LimitSetter } from '#core/graph-enums.generated.ts';
import type { LimitAmount } from '#core/limit-amount.ts';

/** One limit as stored: a plan's, an app's or a key's. */
export interface LimitRecord extends LimitAmount {
  /** Absent in records of versions that did not keep it: then it counts as an operator's. */
  setBy?: LimitSetter;
}

/** The mongoose path of a limit, as far as it does not matter who set it. */
export const limitAmountPath = {
  _id: false,
  meter: { type: String, required: true },
  window: { type: String, required: true },
  amount: { type: BigInt, required: true },
};

/** The mongoose path of a list of limits. */
export const limitsPath = [{ ...limitAmountPath, setBy: String }];
