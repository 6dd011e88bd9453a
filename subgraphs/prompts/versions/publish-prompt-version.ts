import { randomUUID } from 'node:crypto';
import { HeddleError } from '#core/errors.ts';
import { isDuplicateKey, notFound } from '#core/input.ts';
import { type PromptVersionRecord, promptVersions } from '#mongo/prompt-versions.ts';
import { type PromptRecord, prompts } from '#mongo/prompts.ts';
import { readNow } from '../../runtime/context.ts';
import {
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  readAuthor,
  writablePrompt,
} from '../deps.ts';
import type { PromptVersionInput } from '../generated.ts';
import { requireStoredModel } from './has-model.ts';
import { settleVersions } from './settle-versions.ts';
import { countTextBytes } from './text-bytes.ts';
import { type CheckedVersion, checkedVersion } from './version-input.ts';
import { checkLabelRoom, checkVersionRoom, withWritablePrompt } from './version-room.ts';

/** Publishing at the same time loses a number to another at most this often. */
const triesMax = 100;

/** Publishes the next version of a prompt that the caller may write. NOT_FOUND without it. */
export async function publishPromptVersion(
  promptId: string,
  input: PromptVersionInput,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptVersionRecord> {
  const prompt = await writablePrompt(promptId, context, deps);
  const checked = await checkedVersion(input, prompt.tenantId, context, deps);
  const version = await storeVersion(prompt, checked, context, deps);
  context.audit({ tenantId: prompt.tenantId, type: 'PromptVersion', id: version._id, after: version });
  await promptsChanged(deps);
  return version;
}

/**
 * Takes the number after the highest there is, again and again until no other call has taken it: so numbers run
 * without gaps whoever publishes when. Then points the label and shows the version as the newest, both at once.
 */
function storeVersion(
  prompt: PromptRecord,
  checked: CheckedVersion,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptVersionRecord> {
  return withWritablePrompt(prompt, context, deps, (current) => storeNext(current, checked, context, deps));
}

async function storeNext(
  prompt: PromptRecord,
  { content, label }: CheckedVersion,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptVersionRecord> {
  const bytes = countTextBytes(content);
  await checkVersionRoom(prompt, bytes, deps);
  if (label !== null) checkLabelRoom(prompt, label, deps);
  // What a process that was killed had not shown yet leaves no gap, and is not shown with the next.
  await settleVersions(prompt._id, deps.connection);
  const version = await insertNext(prompt, content, context, deps);
  // After the version is stored: whoever deletes the model or route then finds it, or it is found here to be gone.
  try {
    await requireStoredModel(content.model, prompt.tenantId, deps);
  } catch (error) {
    await promptVersions(deps.connection).deleteOne({ _id: version._id });
    throw error;
  }
  const updated = await prompts(deps.connection).updateOne(
    { _id: prompt._id },
    {
      $max: { newest: version.number },
      $inc: { bytes },
      ...(label === null ? {} : { $set: { [`labels.${label}`]: version.number } }),
    },
  );
  if (updated.matchedCount === 0) return notFound('prompt', prompt._id);
  await settleVersions(prompt._id, deps.connection);
  return version;
}

/** The record of a version; nothing is stored. */
export function newVersion(
  prompt: Pick<PromptRecord, '_id' | 'tenantId'>,
  number: number,
  content: CheckedVersion['content'],
  context: PromptsContext,
  deps: PromptsDeps,
): PromptVersionRecord {
  return {
    _id: randomUUID(),
    promptId: prompt._id,
    tenantId: prompt.tenantId,
    number,
    ...content,
    createdAt: readNow(deps),
    ...readAuthor(context),
  };
}

async function insertNext(
  prompt: PromptRecord,
  content: CheckedVersion['content'],
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptVersionRecord> {
  const collection = promptVersions(deps.connection);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const highest = await collection
      .findOne({ promptId: prompt._id }, { number: 1 })
      .sort({ number: -1 })
      .lean();
    const version = newVersion(prompt, (highest?.number ?? 0) + 1, content, context, deps);
    await context.auditTarget({ tenantId: prompt.tenantId, type: 'PromptVersion', id: version._id });
    try {
      await collection.create({ ...version, pending: true });
      return version;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
  throw new HeddleError('CONFLICT', 'Too many versions of this prompt are published at once: try again.');
}
