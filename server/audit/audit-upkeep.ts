import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { writeAnchors } from '#mongo/audit/anchors.ts';
import { openAuditSigner } from '#mongo/audit/keys.ts';
import { createAuditLog } from '#mongo/audit/log.ts';
import { pruneAuditLog } from '#mongo/audit/retention.ts';
import { runInTurn } from '#mongo/audit/turns.ts';
import type { EventLog } from '#mongo/events.ts';
import { toJobEvent } from '#mongo/finished-jobs.ts';
import type { Environment } from '../config.ts';
import { type AnchorTargetOptions, openAnchorTargets } from './anchor-targets.ts';

/** How often a process looks whether it is its turn. */
const lookEveryMs = 60_000;
const pruneEveryMs = 3_600_000;

export interface AuditUpkeepOptions extends AnchorTargetOptions {
  readonly environment: AnchorTargetOptions['environment'] &
    Pick<Environment, 'HEDDLE_AUDIT_ANCHOR_MINUTES' | 'HEDDLE_AUDIT_RETENTION_DAYS'>;
  /** Seals the key that signs. */
  readonly secrets: OwnerBoxes;
  readonly events: Pick<EventLog, 'record'>;
  readonly log: Logger;
  readonly now?: () => number;
}

/** Writes anchors of the audit log and removes what is no longer kept, in one process of all, until it is disposed. */
export function keepAuditLog(connection: Connection, options: AuditUpkeepOptions): Disposable {
  let isRunning = false;
  const timer = setInterval(async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await runAuditUpkeep(connection, options);
    } catch (err) {
      options.log.error({ event: 'audit_anchor_failed', err }, 'the audit log was not anchored');
    } finally {
      isRunning = false;
    }
  }, lookEveryMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Does what is due, if no other process does it. */
export async function runAuditUpkeep(connection: Connection, options: AuditUpkeepOptions): Promise<void> {
  const { environment, secrets, events, now = Date.now } = options;
  await runInTurn(connection, 'retention', { now, everyMs: pruneEveryMs }, async () => {
    const signer = await openAuditSigner(connection, secrets);
    const days = environment.HEDDLE_AUDIT_RETENTION_DAYS;
    const changesKeptMs = days === undefined ? null : days * 86_400_000;
    const startedAt = new Date(now());
    const removed = await pruneAuditLog(connection, { nowMs: startedAt.getTime(), changesKeptMs, signer });
    if (removed > 0)
      await events.record(toJobEvent({ job: 'AUDIT_RETENTION', id: null, tenantId: null, startedAt }));
  });
  const targets = openAnchorTargets(options);
  if (targets.length === 0) return;
  const everyMs = environment.HEDDLE_AUDIT_ANCHOR_MINUTES * 60_000;
  let failures: readonly unknown[] = [];
  await runInTurn(connection, 'anchor', { now, everyMs }, async (keep) => {
    const signer = await openAuditSigner(connection, secrets);
    failures = await writeAnchors(connection, { signer, nowMs: now(), targets, keep });
    if (failures.length > 0) return;
    await createAuditLog(connection, now).count({
      ...{ tenantId: null, action: 'audit.anchor', outcome: 'SUCCEEDED', errorCode: null, count: 1 },
      actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
      ...{ requestId: 'anchor', clientAddress: null },
    });
  });
  for (const failure of failures) throw failure;
}
