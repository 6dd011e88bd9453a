import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { withTenantPrompts } from './version-room.ts';

/** Pending versions that one sweep looks at. */
const pendingMax = 1_000;

/**
 * Decides on the pending versions of a prompt: those that it shows are published, the others are removed. For whoever holds
 * the lock of its tenant's prompts.
 */
export async function settleVersions(promptId: string, connection: Connection): Promise<void> {
  const versions = promptVersions(connection);
  const prompt = await prompts(connection).findById(promptId, { newest: 1 }).lean();
  const pending = { promptId, pending: true };
  await versions.deleteMany({ ...pending, number: { $gt: prompt?.newest ?? 0 } });
  await versions.updateMany(pending, { $unset: { pending: 1 } });
}

/** Does so for what processes that were killed have left; the number of prompts, those that have gone included. */
export async function settlePendingVersions(connection: Connection, log: Logger): Promise<number> {
  const found = await promptVersions(connection)
    .find({ pending: true }, { promptId: 1, tenantId: 1 })
    .limit(pendingMax)
    .lean();
  const tenantByPrompt = new Map(found.map(({ promptId, tenantId }) => [promptId, tenantId]));
  let settled = 0;
  for (const [promptId, tenantId] of tenantByPrompt) {
    try {
      await withTenantPrompts(tenantId, { connection }, () => settleVersions(promptId, connection));
      settled += 1;
    } catch (err) {
      log.warn({ err, promptId }, 'pending versions of a prompt could not be settled yet');
    }
  }
  return settled;
}
