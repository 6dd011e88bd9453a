import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { claimAuditTurn, createAnchors } from '#mongo/audit/anchors.ts';
import { openAuditSigner } from '#mongo/audit/keys.ts';
import { createAuditLog } from '#mongo/audit/log.ts';
import { pruneAuditLog } from '#mongo/audit/retention.ts';
import type { Environment } from '../config.ts';

/** How often a process looks whether it is its turn. */
const lookEveryMs = 60_000;
const pruneEveryMs = 3_600_000;
/** Before the second try to send an anchor, and before the third. */
const pausesMs = [1_000, 5_000];
const sendMsMax = 10_000;

type AnchorVariables =
  | 'HEDDLE_AUDIT_ANCHOR_FILE'
  | 'HEDDLE_AUDIT_ANCHOR_URL'
  | 'HEDDLE_AUDIT_ANCHOR_MINUTES'
  | 'HEDDLE_AUDIT_RETENTION_DAYS';

export interface AuditUpkeepOptions {
  readonly environment: Pick<Environment, AnchorVariables>;
  /** Seals the key that signs. */
  readonly secrets: OwnerBoxes;
  /** Obeys the rules of egress. */
  readonly fetch: typeof globalThis.fetch;
  readonly log: Logger;
  readonly now?: () => number;
  readonly pause?: (ms: number) => Promise<unknown>;
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

/** Does what is due, if no other process has done it. */
export async function runAuditUpkeep(connection: Connection, options: AuditUpkeepOptions): Promise<void> {
  const { environment, secrets, now = Date.now } = options;
  const nowMs = now();
  if (await claimAuditTurn(connection, 'retention', { nowMs, everyMs: pruneEveryMs })) {
    const signer = await openAuditSigner(connection, secrets);
    const days = environment.HEDDLE_AUDIT_RETENTION_DAYS;
    const changesKeptMs = days === undefined ? null : days * 86_400_000;
    await pruneAuditLog(connection, { nowMs, changesKeptMs, signer });
  }
  const { HEDDLE_AUDIT_ANCHOR_FILE: file, HEDDLE_AUDIT_ANCHOR_URL: url } = environment;
  const everyMs = environment.HEDDLE_AUDIT_ANCHOR_MINUTES * 60_000;
  if (file === undefined && url === undefined) return;
  if (!(await claimAuditTurn(connection, 'anchor', { nowMs, everyMs }))) return;
  const signer = await openAuditSigner(connection, secrets);
  for await (const line of createAnchors(connection, signer, nowMs)) {
    if (file !== undefined) await appendLine(file, line);
    if (url !== undefined) await send(url, line, options);
  }
  await createAuditLog(connection, now).count({
    ...{ tenantId: null, action: 'audit.anchor', outcome: 'SUCCEEDED', errorCode: null, count: 1 },
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
    ...{ requestId: 'anchor', clientAddress: null },
  });
}

/** Durable when it resolves. */
async function appendLine(path: string, line: string): Promise<void> {
  await using file = await open(path, 'a', 0o600);
  await file.appendFile(`${line}\n`);
  await file.datasync();
}

async function send(url: string, line: string, { fetch, pause = wait }: AuditUpkeepOptions): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: line,
        signal: AbortSignal.timeout(sendMsMax),
      });
      await response.text();
      if (response.ok) return;
      throw new Error(`The receiver of anchors answered with ${response.status}.`);
    } catch (error) {
      // Any error: the receiver may be away for a moment; the last one is reported.
      const pauseMs = pausesMs[tries];
      if (pauseMs === undefined) throw error;
      await pause(pauseMs);
    }
  }
}
