import { userInfo } from 'node:os';
import type { Connection } from 'mongoose';
import { recordChainStart } from '#mongo/audit/genesis.ts';
import { type AuditEnd, auditLog, createAuditLog } from '#mongo/audit/log.ts';
import { ensureIndexes } from '#mongo/connect.ts';

/** What an operator does to a store, or copies of it, without the graph. */
export interface OperatorCommand {
  /** Such as `store.backup`. */
  readonly action: string;
  readonly targetType: string;
  readonly targetId: string;
  /** How it was called, without secrets. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * Runs the command between the two writes of its record in the audit log of the mesh, with the user of the system that runs it.
 * What `run` resolves to is
 * recorded as the state after it. The command does not run where its beginning cannot be written. A store that
 * no mesh has used has no audit log, and gets none.
 */
export async function recordCommand<T extends object | null>(
  connection: Connection,
  { action, targetType, targetId, arguments: given }: OperatorCommand,
  run: () => Promise<T>,
): Promise<T> {
  if ((await auditLog(connection).exists({})) === null) return run();
  await ensureIndexes(connection);
  const audit = createAuditLog(connection);
  await recordChainStart(connection, audit, new Date());
  const id = await audit.begin({
    tenantId: null,
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
    ...{ action, targetType, targetId },
    arguments: { ...given, user: readUserName() },
    requestId: 'command',
    clientAddress: null,
  });
  const end = (outcome: AuditEnd['outcome'], errorCode: string | null, after: object | null) =>
    audit.end(id, { outcome, errorCode, targetType, targetId, before: null, after });
  let after: T;
  try {
    after = await run();
  } catch (error) {
    await end('FAILED', 'INTERNAL', null);
    throw error;
  }
  await end('SUCCEEDED', null, after);
  return after;
}

/** The user of the system; its number where it has no name, as in containers. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    // Any error: the system knows no name for the user.
    return `uid ${process.getuid?.()}`;
  }
}
