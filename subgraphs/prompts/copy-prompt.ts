import { randomUUID } from 'node:crypto';
import { type PromptVersionRecord, promptVersions } from '#mongo/prompt-versions.ts';
import type { PromptRecord } from '#mongo/prompts.ts';
import { readNow } from '../runtime/context.ts';
import { checkedPromptName } from './create-prompt.ts';
import {
  auditPrompt,
  type PromptsContext,
  type PromptsDeps,
  promptsChanged,
  readAuthor,
  targetTenantId,
  writablePrompt,
} from './deps.ts';
import type { MutationCopyPromptArgs } from './generated.ts';
import { storePrompt } from './store-prompt.ts';
import { countTextBytes } from './versions/text-bytes.ts';

/**
 * Copies a prompt that the caller may write, to a tenant or within its owner, with its labels and the versions that are run without their number: all are
 * stored before the copy can be seen. CONFLICT when the name is taken, or there are too many.
 */
export async function copyPrompt(
  { id, tenantId, name }: MutationCopyPromptArgs,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptRecord> {
  const source = await writablePrompt(id, context, deps);
  const target = tenantId == null ? source.tenantId : await targetTenantId(tenantId, context, deps);
  const copy = await buildCopy(source, target, context, deps);
  const prompt = { ...copy.prompt, name: checkedPromptName(name ?? source.name, 'name', context) };
  await context.auditTarget({ tenantId: prompt.tenantId, type: 'Prompt', id: prompt._id });
  await storePrompt(prompt, copy.versions, deps);
  auditPrompt(context, prompt);
  await promptsChanged(deps);
  return prompt;
}

interface PromptCopy {
  readonly prompt: PromptRecord;
  readonly versions: readonly PromptVersionRecord[];
}

/** The records of the copy; nothing is stored. */
async function buildCopy(
  source: PromptRecord,
  tenantId: string | null,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<PromptCopy> {
  const promptId = randomUUID();
  const createdAt = readNow(deps);
  const numbers = [source.newest, ...Object.values(source.labels)];
  const found = await promptVersions(deps.connection)
    .find({ promptId: source._id, number: { $in: numbers } })
    .sort({ number: 1 })
    .lean();
  const versions = found.map(({ createdByIssuerId: _, ...version }, index) => ({
    ...version,
    _id: randomUUID(),
    promptId,
    tenantId,
    number: index + 1,
    createdAt,
    ...readAuthor(context),
  }));
  const numberByOld = new Map(found.map(({ number }, index) => [number, index + 1]));
  const labels = Object.entries(source.labels).flatMap(([label, number]) => {
    const copied = numberByOld.get(number);
    return copied === undefined ? [] : [[label, copied] as const];
  });
  const bytes = versions.reduce((sum, version) => sum + countTextBytes(version), 0);
  const { name, description, requiresApproval, offeredTo = null } = source;
  return {
    prompt: {
      _id: promptId,
      tenantId,
      name,
      description,
      ...(requiresApproval === true ? { requiresApproval } : {}),
      ...(tenantId === null && offeredTo !== null ? { offeredTo } : {}),
      labels: Object.fromEntries(labels),
      newest: versions.length,
      bytes,
      createdAt,
    },
    versions,
  };
}
