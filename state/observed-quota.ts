import type { LimitObserver } from '#core/observers/limit-observer.ts';
import type { Quota, QuotaLeft } from './quota/quota.ts';

/** The meters, with what each decision leaves of limits and budgets reported to the observer. */
export function observeQuota(quota: Quota, observer: LimitObserver): Quota {
  return {
    async reserve(reservation) {
      const decision = await quota.reserve(reservation);
      for (const left of decision.left) report(left, observer);
      return decision;
    },
    spend: (spending) => quota.spend(spending),
    settle: (...settled) => quota.settle(...settled),
    release: (partition, id) => quota.release(partition, id),
    read: (partition, keys) => quota.read(partition, keys),
    [Symbol.asyncDispose]: () => quota[Symbol.asyncDispose](),
  };
}

function report({ limit: { subject, meter, window, limit }, remaining }: QuotaLeft, observer: LimitObserver) {
  const kind = subject.startsWith('budget:') ? 'budget' : 'limit';
  // What was used may be more than the limit.
  const left = limit === 0n ? 0 : Math.max(0, Number(remaining) / Number(limit));
  observer.limitRead({ kind, meter, window, left });
}
