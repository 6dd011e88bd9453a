import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { SubgraphName } from '#core/subgraph-names.ts';

/** How often what processes of other machines have left is looked for: a lock of theirs is free after as long. */
const everyMs = 30_000;
/** Longer than any change takes until its end is recorded. */
const interruptedAfterMs = 600_000;

export interface RepairOptions {
  readonly names: readonly SubgraphName[];
  readonly log: Logger;
  /** No other process uses the database: whatever is half done was left by one that was killed. */
  readonly isAlone: boolean;
  readonly now?: () => number;
}

/**
 * Completes what killed processes have left half done in the collections of these subgraphs, and closes their audit records:
 * before it resolves where no other process uses the database, then every half minute until it is disposed.
 */
export async function keepRepairing(connection: Connection, options: RepairOptions): Promise<Disposable> {
  const { isAlone, log, now = Date.now } = options;
  if (isAlone) await repair(connection, options, new Date(now()), now());
  let isRunning = false;
  const timer = setInterval(async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await repair(connection, options, new Date(now() - interruptedAfterMs), now());
    } catch (err) {
      log.warn({ err }, 'what killed processes have left could not be looked for');
    } finally {
      isRunning = false;
    }
  }, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function repair(
  connection: Connection,
  { names, log }: RepairOptions,
  begunBefore: Date,
  nowMs: number,
): Promise<void> {
  const { createEventLog, settleEvents } = await import('#mongo/events.ts');
  const left = { tenants: 0, keys: 0, members: 0, models: 0, prompts: 0, events: 0, auditRecords: 0 };
  if (names.includes('tenants')) {
    const { completeMarks } = await import('#subgraphs/tenants/tenants/below-tenant.ts');
    const { settleProvisioning } = await import('#subgraphs/tenants/provisioning/settle-provisioning.ts');
    left.tenants = (await completeMarks(connection, log)) + (await settleProvisioning(connection, log));
    const { settleRotations } = await import('#subgraphs/tenants/keys/rotation/settle-rotations.ts');
    left.keys = await settleRotations(connection, log);
    const { settleDepartures } = await import('#subgraphs/tenants/members/end-membership.ts');
    // Readers find what is published here when they look the next time, as what settleEvents publishes.
    const events = createEventLog(connection, { notify: async () => undefined, log });
    const deps = { connection, events, log, now: () => nowMs };
    const { settleAcceptances } = await import('#subgraphs/tenants/invitations/accept-invitation.ts');
    left.members = (await settleAcceptances(deps)) + (await settleDepartures(deps));
  }
  if (names.includes('models')) {
    const { settleCatalog } = await import('#subgraphs/models/settle-catalog.ts');
    left.models = await settleCatalog(connection);
  }
  if (names.includes('prompts')) {
    const { settlePendingVersions } = await import('#subgraphs/prompts/versions/settle-versions.ts');
    left.prompts = await settlePendingVersions(connection, log);
  }
  left.events = await settleEvents(connection, begunBefore, nowMs);
  const { closeInterrupted, closeOccurrences } = await import('#mongo/audit/log.ts');
  left.auditRecords = await closeInterrupted(connection, begunBefore);
  await closeOccurrences(connection, nowMs);
  if (Object.values(left).some((count) => count > 0)) {
    log.warn({ event: 'repaired', ...left }, 'completed what processes that were killed have left');
  }
}
