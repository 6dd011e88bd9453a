import { HeddleError } from '#core/errors.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { checkedLimits, type LimitInput } from './limits.ts';

/** The limits of what is created without any. */
export interface DefaultLimits {
  readonly key: readonly LimitRecord[];
  /** Those of the plan `default`, when it is made. */
  readonly tenant: readonly LimitRecord[];
}

/** Unless HEDDLE_KEY_LIMITS says otherwise. */
export const keyLimitsDefault = 'CONCURRENCY=20,REQUESTS/MINUTE=600,COST/DAY=10,READS/MINUTE=60000';
/** Unless HEDDLE_TENANT_LIMITS says otherwise. */
export const tenantLimitsDefault = 'CONCURRENCY=100,REQUESTS/MINUTE=3000,COST/DAY=100,READS/MINUTE=300000';

const meters: readonly string[] = ['REQUESTS', 'TOKENS', 'COST', 'CONCURRENCY', 'READS'];
const windows: readonly string[] = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH', 'INFLIGHT'];

/** The limits of a text such as `CONCURRENCY=20,COST/DAY=10`; `none`: no limits. Throws BAD_USER_INPUT that names what is wrong. */
export function parseLimits(text: string, field: string): LimitRecord[] {
  if (text.trim() === 'none') return [];
  const inputs = text.split(',').map((entry): LimitInput => {
    const [, meter = '', window = 'INFLIGHT', amount = ''] =
      /^\s*([A-Z]+)(?:\/([A-Z]+))?\s*=\s*([\d.]+)\s*$/.exec(entry) ?? [];
    if (!meters.includes(meter) || !windows.includes(window)) {
      throw new HeddleError(
        'BAD_USER_INPUT',
        `${field} must be none, or limits such as CONCURRENCY=20,COST/DAY=10; it has ${JSON.stringify(entry.slice(0, 100))}.`,
      );
    }
    return { meter: meter as LimitRecord['meter'], window: window as LimitRecord['window'], amount };
  });
  return checkedLimits(inputs, field).map((limit) => ({ ...limit, setBy: 'OPERATOR' }));
}
