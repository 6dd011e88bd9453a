import type { LimitWindow, Meter } from '#core/graph-enums.generated.ts';
import { isSliding, limitWindows } from '#core/limit-windows.ts';

const hourMs = 3_600_000;

/** Numbers of the meters, the same in memory and in the Lua scripts, where they are named in upper case: SEED_MS_MAX. */
export const quotaRules = {
  dayMs: 24 * hourMs,
  /**
   * A sliding window is counted in at most this many slots and two more. A slot ends one window after the last amount
   * that went into it, so that counting is never lenient, and exact for calls further apart than a slot.
   */
  slotsPerWindow: 64,
  /** What to wait when calls in flight, not time, hold the room: they may end any moment. */
  heldRetryMs: 1_000,
  /** How long reading the ledger may take until its result is refused: settled calls are remembered so long. */
  seedMsMax: 120_000,
  /** How long a call with a running row and a lost reservation counts with its bound, until the row is read again. */
  foundTtlMs: 300_000,
  /** Counters that no limit names for so long are forgotten. */
  namedMsMax: 2 * hourMs,
  /** Longer than any window by a day: a partition that no call uses vanishes from Redis. */
  idleMs: 24 * hourMs + 1_000 * Math.max(...Object.values(limitWindows).map(({ seconds }) => seconds ?? 0)),
  /** Meters count up to it: the numbers of Lua are doubles. */
  amountMax: Number.MAX_SAFE_INTEGER,
} as const;

/** Meters without amounts in the rows of the ledger: their counters cannot be read back from it. */
const metersWithoutRows: readonly Meter[] = ['READS'];

/** True for counters that are read back from the ledger. */
export function isDurable({
  meter,
  window,
}: {
  readonly meter: Meter;
  readonly window: LimitWindow;
}): boolean {
  return limitWindows[window].durable && !metersWithoutRows.includes(meter);
}

/** The rules as the locals that the Lua scripts begin with. */
export function printLuaRules(): string {
  const windows = Object.keys(limitWindows) as LimitWindow[];
  const sliding = windows
    .filter(isSliding)
    .map((window) => `${window} = ${limitWindows[window].seconds * 1_000}`);
  const durable = windows
    .filter((window) => limitWindows[window].durable)
    .map((window) => `${window} = true`);
  const withoutRows = metersWithoutRows.map((meter) => `${meter} = true`);
  return [
    ...Object.entries(quotaRules).map(([name, value]) => `local ${toUpperSnake(name)} = ${value}`),
    `local SLIDING = { ${sliding.join(', ')} }`,
    `local DURABLE = { ${durable.join(', ')} }`,
    `local WITHOUT_ROWS = { ${withoutRows.join(', ')} }`,
    '',
  ].join('\n');
}

function toUpperSnake(name: string): string {
  return name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
}
