import { badInput, checkedList } from '#core/input.ts';
import { checkedLimit, toGraphLimit } from '#core/limit-amount.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import type { Limit, LimitInput } from '../generated.ts';
import { readLimitSetter } from './set-limits.ts';

const limitsMax = 24;

/** The limits as they are stored; `field` names the list in refusals. */
export function checkedLimits(
  inputs: readonly LimitInput[] | null | undefined,
  field: string,
): LimitRecord[] {
  const limits = checkedList(inputs ?? [], field, limitsMax).map((input, i) =>
    checkedLimit(input, `${field}[${i}]`),
  );
  const kinds = new Set<string>();
  for (const { meter, window } of limits) {
    if (kinds.has(`${meter} ${window}`)) badInput(field, `has two limits on ${meter} per ${window}.`);
    kinds.add(`${meter} ${window}`);
  }
  return limits;
}

/** A stored limit as the graph returns it. */
export function toLimit(limit: LimitRecord): Limit {
  return { ...toGraphLimit(limit), setBy: readLimitSetter(limit) };
}
