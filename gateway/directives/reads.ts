import {
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Caller } from '#core/caller.ts';
import { listLimits, quotaRefusal } from '#state/quota/caller-limits.ts';
import type { Quota, QuotaLimit } from '#state/quota/quota.ts';
import type { PolicyIndex } from './policy.ts';

/** What the selection of one field with @quota may cost without drawing on READS: its calls are metered otherwise. */
const metersCostMax = 100;

/** What of an operation's root is metered by @quota. */
export interface MeteredRoot {
  /** Fields with @quota, each as often as it is requested. */
  readonly metered: number;
  readonly others: boolean;
}

/** Counts the root fields that @quota meters, fragments followed; introspection is none of them. */
export function findMeteredRoot(
  policy: PolicyIndex,
  rootType: string,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): MeteredRoot {
  let metered = 0;
  let others = false;
  const walk = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        if (policy.field(rootType, selection.name.value)?.metered === true) metered += 1;
        else others = true;
        continue;
      }
      const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (inner !== undefined) walk(inner.selectionSet);
    }
  };
  walk(operation.selectionSet);
  return { metered, others };
}

/** What an operation of this static cost draws on READS: at least 1 where anything but metered fields is requested. */
export function countReads({ metered, others }: MeteredRoot, cost: number): number {
  return Math.max(others ? 1 : 0, Math.ceil(cost) - metered * metersCostMax);
}

/** Draws on the READS of callers. */
export class ReadMeter {
  readonly #quota: Pick<Quota, 'spend'>;
  /** A caller is looked up once for many of its operations. */
  readonly #limits = new WeakMap<Caller, readonly QuotaLimit[]>();

  constructor(quota: Pick<Quota, 'spend'>) {
    this.#quota = quota;
  }

  /** Rejects with QUOTA_EXCEEDED where a limit has no room, and draws nothing then; undefined where no limit applies. */
  draw(caller: Caller, reads: number): Promise<void> | undefined {
    if (reads === 0 || caller.tenantId === null) return undefined;
    let limits = this.#limits.get(caller);
    if (limits === undefined) {
      limits = listLimits(caller, ['READS']);
      this.#limits.set(caller, limits);
    }
    return limits.length === 0 ? undefined : this.#spend(caller.tenantId, limits, reads);
  }

  async #spend(partition: string, limits: readonly QuotaLimit[], reads: number): Promise<void> {
    const amounts = { READS: BigInt(reads) };
    const decision = await this.#quota.spend({ partition, amounts, limits });
    if (!decision.granted) throw quotaRefusal(decision, amounts);
  }
}
