import { badInput } from '#core/input.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { LogLevelSetting, SetLogLevelInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';

/** A day. */
const minutesMax = 1_440;

/** Changes how much every process of the mesh logs, for a time where one is set. */
export async function setLogLevel(
  { level = null, minutes = null }: SetLogLevelInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<LogLevelSetting> {
  if (minutes !== null && (minutes < 1 || minutes > minutesMax)) {
    badInput('input.minutes', `must be 1 to ${minutesMax}.`);
  }
  if (level === null && minutes !== null) {
    badInput('input.minutes', 'requires level: without one, each process logs as its LOG_LEVEL states.');
  }
  const forMs = minutes === null ? null : minutes * 60_000;
  const setting = { level, until: forMs === null ? null : new Date(readNow(deps).getTime() + forMs) };
  const target = { tenantId: null, type: 'Log', id: 'level' };
  await context.auditTarget(target);
  context.audit({ ...target, after: setting });
  await deps.bus.publish('log.level', { level: level === null ? null : level.toLowerCase(), forMs });
  return setting;
}
