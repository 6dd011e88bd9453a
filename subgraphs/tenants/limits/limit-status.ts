import type { Caller } from '#core/caller.ts';
import { isCalendar } from '#core/limit-windows.ts';
import { decimalOfNanos } from '#core/money.ts';
import { createLimitFilter } from '#state/quota/call-limits.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { calendarEndMs } from '#state/quota/windows.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { LimitStatus } from '../generated.ts';

/** What is left of the limits that the caller may see, by one reading of the meters. */
export async function readLimits(caller: Caller, deps: TenantsDeps): Promise<readonly LimitStatus[]> {
  const { tenantId } = caller;
  if (tenantId === null) return [];
  const limits = caller.limits.filter(createLimitFilter(caller));
  if (limits.length === 0) return [];
  const readings = await deps.quota.read(tenantId, listLimits({ ...caller, limits }));
  const nowMs = readNow(deps).getTime();
  return limits.map(({ subject, meter, window, amount, budget }, i) => {
    const { spent, reserved } = readings[i] ?? { spent: 0n, reserved: 0n };
    const left = BigInt(amount) - spent - reserved;
    const text = (value: bigint) => (meter === 'COST' ? decimalOfNanos(value) : value.toString());
    return {
      subject,
      meter,
      window,
      amount: text(BigInt(amount)),
      used: text(spent),
      reserved: text(reserved),
      remaining: text(left < 0n ? 0n : left),
      resetsAt: isCalendar(window) ? new Date(calendarEndMs(window, nowMs)) : null,
      hard: budget?.hard ?? true,
    };
  });
}
