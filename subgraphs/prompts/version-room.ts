import { withLock } from '#mongo/locks.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { noRoomFor } from '#schema/count-limits.ts';
import { notFound } from '../shared/input.ts';
import { countMaxOf } from '../shared/with-room.ts';
import type { PromptsDeps } from './deps.ts';
import type { CheckedVersion } from './version-input.ts';

/** Runs with the prompt as it is now, while no other of its tenant's prompts changes. NOT_FOUND when it is gone. */
export function withPrompt<T>(
  { _id, tenantId }: Pick<PromptRecord, '_id' | 'tenantId'>,
  deps: PromptsDeps,
  run: (prompt: PromptRecord) => Promise<T>,
): Promise<T> {
  return withLock(deps.connection, `prompts ${tenantId}`, async () => {
    const prompt = await prompts(deps.connection).findById(_id).lean();
    return prompt === null ? notFound('prompt', _id) : run(prompt);
  });
}

/** Bytes of the texts of a version. */
export function textBytesOf({ system, template, outputSchemaJson, note }: CheckedVersion['content']): number {
  return Buffer.byteLength([system, template, outputSchemaJson, note].join(''));
}

/** CONFLICT where the prompt has as many versions, or the tenant as many bytes of texts, as there may be. */
export async function checkVersionRoom(
  { tenantId, newest }: PromptRecord,
  bytes: number,
  deps: PromptsDeps,
): Promise<void> {
  const versionsMax = countMaxOf(deps, 'versionsPerPrompt');
  if (newest >= versionsMax) throw noRoomFor('versionsPerPrompt', versionsMax);
  const [total] = await prompts(deps.connection).aggregate<{ readonly bytes: number }>([
    { $match: { tenantId } },
    { $group: { _id: null, bytes: { $sum: '$bytes' } } },
  ]);
  const bytesMax = countMaxOf(deps, 'promptBytesPerTenant');
  if ((total?.bytes ?? 0) + bytes > bytesMax) throw noRoomFor('promptBytesPerTenant', bytesMax);
}

/** CONFLICT when the label would be one more than a prompt may have. */
export function checkLabelRoom({ labels }: PromptRecord, label: string, deps: PromptsDeps): void {
  const max = countMaxOf(deps, 'labelsPerPrompt');
  if (Object.hasOwn(labels, label) || Object.keys(labels).length < max) return;
  throw noRoomFor('labelsPerPrompt', max);
}
