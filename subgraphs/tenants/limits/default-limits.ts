import { HeddleError } from '#core/errors.ts';
import { LimitWindow, Meter } from '#core/graph-enums.generated.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import type { LimitInput } from '../generated.ts';
import { checkedLimits } from './limits.ts';

/** The limits of what is created without any. */
export interface DefaultLimits {
  readonly key: readonly LimitRecord[];
  /** Those of the plan `default`, when it is made. */
  readonly tenant: readonly LimitRecord[];
}

/** Unless HEDDLE_KEY_LIMITS states otherwise. */
export const keyLimitsDefault = 'CONCURRENCY=20,REQUESTS/MINUTE=600,COST/DAY=10,READS/MINUTE=60000';
/** Unless HEDDLE_TENANT_LIMITS states otherwise. */
export const tenantLimitsDefault = 'CONCURRENCY=100,REQUESTS/MINUTE=3000,COST/DAY=100,READS/MINUTE=300000';

const isMeter = (name: string): name is Meter => Object.hasOwn(Meter, name);
const isWindow = (name: string): name is LimitWindow => Object.hasOwn(LimitWindow, name);

/** The limits of a text such as `CONCURRENCY=20,COST/DAY=10`; `none`: no limits. Throws BAD_USER_INPUT that names what is wrong. */
export function parseLimits(text: string, field: string): LimitRecord[] {
  if (text.trim() === 'none') return [];
  const inputs = text.split(',').map((entry): LimitInput => {
    const [, meter = '', window = 'INFLIGHT', amount = ''] =
      /^\s*([A-Z]+)(?:\/([A-Z]+))?\s*=\s*([\d.]+)\s*$/.exec(entry) ?? [];
    if (!isMeter(meter) || !isWindow(window)) {
      throw new HeddleError(
        'BAD_USER_INPUT',
        `${field} must be none, or limits such as CONCURRENCY=20,COST/DAY=10; it has ${JSON.stringify(entry.slice(0, 100))}.`,
      );
    }
    return { meter, window, amount };
  });
  return checkedLimits(inputs, field).map((limit) => ({ ...limit, setBy: 'OPERATOR' }));
}
