import { noRoomFor } from '#core/count-limits.ts';
import { type PromptVersionRecord, promptVersions } from '#mongo/prompt-versions.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { readCountMax } from '../runtime/with-room.ts';
import type { PromptsDeps } from './deps.ts';
import { settleVersions } from './versions/settle-versions.ts';
import { countTextBytes } from './versions/text-bytes.ts';
import { checkPromptRoom, checkVersionRoom, orTaken, withTenantPrompts } from './versions/version-room.ts';

/**
 * Stores a new prompt with its versions, which are there before it can be seen: a process that is killed leaves no prompt
 * without them, and versions without a prompt are pending, which the sweep removes. `confirm` may refuse it last, and then nothing of it stays. CONFLICT when the name is taken, or there are too many.
 */
export function storePrompt(
  prompt: PromptRecord,
  versions: readonly PromptVersionRecord[],
  deps: PromptsDeps,
  confirm: () => Promise<void> = async () => {},
): Promise<void> {
  const { connection } = deps;
  return withTenantPrompts(prompt.tenantId, deps, async () => {
    await checkPromptRoom(prompt.tenantId, deps);
    if (versions.length > 0) {
      const bytes = versions.reduce((sum, version) => sum + countTextBytes(version), 0);
      await checkVersionRoom({ tenantId: prompt.tenantId, newest: 0 }, bytes, deps, versions.length);
    }
    const labelsMax = readCountMax(deps, 'labelsPerPrompt');
    if (Object.keys(prompt.labels).length > labelsMax) throw noRoomFor('labelsPerPrompt', labelsMax);
    try {
      if (versions.length > 0) {
        await promptVersions(connection).insertMany(
          versions.map((version) => ({ ...version, pending: true })),
        );
      }
      await orTaken(prompts(connection).create(prompt), prompt.name);
      await confirm();
      if (versions.length > 0) await settleVersions(prompt._id, connection);
    } catch (error) {
      await prompts(connection).deleteOne({ _id: prompt._id });
      await promptVersions(connection).deleteMany({ promptId: prompt._id });
      throw error;
    }
  });
}
