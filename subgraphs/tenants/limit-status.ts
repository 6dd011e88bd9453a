import type { Caller, CallerLimit } from '#schema/caller.ts';
import { decimalOfNanos } from '#schema/money.ts';
import { limitsOf } from '#state/quota/caller-limits.ts';
import { calendarEndMs } from '#state/quota/windows.ts';
import { nowOf, type TenantsDeps } from './deps.ts';

/** The graph's LimitStatus. */
export interface LimitStatus extends Pick<CallerLimit, 'subject' | 'meter' | 'window'> {
  readonly amount: string;
  readonly used: string;
  readonly reserved: string;
  readonly remaining: string;
  readonly resetsAt: Date | null;
  readonly hard: boolean;
}

/** What is left of every limit of the caller, by one reading of the meters. */
export async function readLimits(caller: Caller, deps: TenantsDeps): Promise<readonly LimitStatus[]> {
  const { limits, tenantId } = caller;
  if (tenantId === null || limits.length === 0) return [];
  const readings = await deps.quota.read(tenantId, limitsOf(caller));
  const nowMs = nowOf(deps).getTime();
  return limits.map(({ subject, meter, window, amount, budget }, i) => {
    const { spent, reserved } = readings[i] ?? { spent: 0n, reserved: 0n };
    const left = BigInt(amount) - spent - reserved;
    const shown = (value: bigint) => (meter === 'COST' ? decimalOfNanos(value) : value.toString());
    return {
      subject,
      meter,
      window,
      amount: shown(BigInt(amount)),
      used: shown(spent),
      reserved: shown(reserved),
      remaining: shown(left < 0n ? 0n : left),
      resetsAt: window === 'DAY' || window === 'MONTH' ? new Date(calendarEndMs(window, nowMs)) : null,
      hard: budget?.hard ?? true,
    };
  });
}
