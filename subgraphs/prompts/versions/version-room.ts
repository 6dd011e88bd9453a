import { noRoomFor } from '#core/count-limits.ts';
import { notFound, orConflict } from '#core/input.ts';
import { withLock } from '#mongo/locks.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { readCountMax } from '../../runtime/with-room.ts';
import { type PromptsContext, type PromptsDeps, requireWritable } from '../deps.ts';

/** Runs while no prompt of the tenant, or for null of the mesh, is changed by another. */
export function withTenantPrompts<T>(
  tenantId: string | null,
  { connection }: Pick<PromptsDeps, 'connection'>,
  run: () => Promise<T>,
): Promise<T> {
  return withLock(connection, `prompts ${tenantId ?? ''}`, run);
}

/** Runs with the prompt as it is now, archived or not, while no other of its tenant's prompts changes. NOT_FOUND when it is gone. */
export function withPrompt<T>(
  { _id, tenantId }: Pick<PromptRecord, '_id' | 'tenantId'>,
  deps: PromptsDeps,
  run: (prompt: PromptRecord) => Promise<T>,
): Promise<T> {
  return withTenantPrompts(tenantId, deps, async () => {
    const prompt = await prompts(deps.connection).findById(_id).lean();
    return prompt === null ? notFound('prompt', _id) : run(prompt);
  });
}

/** The same for a prompt that the caller may write: it may have been renamed or archived meanwhile. */
export function withWritablePrompt<T>(
  prompt: Pick<PromptRecord, '_id' | 'tenantId'>,
  { caller }: PromptsContext,
  deps: PromptsDeps,
  run: (prompt: PromptRecord) => Promise<T>,
): Promise<T> {
  return withPrompt(prompt, deps, (current) => {
    requireWritable(current, caller);
    return run(current);
  });
}

/** CONFLICT where the owner has as many prompts as a tenant may have; archived ones do not count. */
export async function checkPromptRoom(tenantId: string | null, deps: PromptsDeps): Promise<void> {
  const max = readCountMax(deps, 'promptsPerTenant');
  const count = await prompts(deps.connection).countDocuments({ tenantId, archivedAt: null });
  if (count >= max) throw noRoomFor('promptsPerTenant', max);
}

/** CONFLICT where the owner has as many archived prompts as a tenant may have. */
export async function checkArchiveRoom(tenantId: string | null, deps: PromptsDeps): Promise<void> {
  const max = readCountMax(deps, 'archivedPromptsPerTenant');
  const count = await prompts(deps.connection).countDocuments({ tenantId, archivedAt: { $ne: null } });
  if (count >= max) throw noRoomFor('archivedPromptsPerTenant', max);
}

/** Awaits a write that sets this name of a prompt; CONFLICT when it is taken. */
export function orTaken<T>(write: PromiseLike<T>, name: string): Promise<T> {
  return orConflict(
    write,
    `There is a prompt ${JSON.stringify(name)} already: publish a version of it, or choose another name.`,
  );
}

/** CONFLICT where the prompt, or its owner with its archived prompts, would have more versions or bytes of texts than there may be. */
export async function checkVersionRoom(
  { tenantId, newest }: Pick<PromptRecord, 'tenantId' | 'newest'>,
  bytes: number,
  deps: PromptsDeps,
  versions = 1,
): Promise<void> {
  const versionsMax = readCountMax(deps, 'versionsPerPrompt');
  if (newest + versions > versionsMax) throw noRoomFor('versionsPerPrompt', versionsMax);
  const [total] = await prompts(deps.connection).aggregate<{ readonly bytes: number }>([
    { $match: { tenantId } },
    { $group: { _id: null, bytes: { $sum: '$bytes' } } },
  ]);
  const bytesMax = readCountMax(deps, 'promptBytesPerTenant');
  if ((total?.bytes ?? 0) + bytes > bytesMax) throw noRoomFor('promptBytesPerTenant', bytesMax);
}

/** CONFLICT when the label would be one more than a prompt may have. */
export function checkLabelRoom({ labels }: PromptRecord, label: string, deps: PromptsDeps): void {
  const max = readCountMax(deps, 'labelsPerPrompt');
  if (Object.hasOwn(labels, label) || Object.keys(labels).length < max) return;
  throw noRoomFor('labelsPerPrompt', max);
}
