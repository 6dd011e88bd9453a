import { hasScope } from '#core/caller.ts';
import type { PromptRecord } from '#mongo/prompts.ts';
import { loadReferred } from '../../runtime/loaders.ts';
import type { PromptsContext, PromptsDeps } from '../deps.ts';
import type { LabelledVersion } from '../loaders.ts';
import { isRunnable } from './is-runnable.ts';

/** The labels of a prompt by name; without `prompts:read` those of versions that the caller may run. */
export async function listLabels(
  { _id: promptId, labels }: PromptRecord,
  context: PromptsContext,
  deps: PromptsDeps,
): Promise<readonly LabelledVersion[]> {
  const all = Object.entries(labels)
    .map(([name, number]) => ({ name, number, promptId }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (hasScope(context.caller, 'prompts:read')) return all;
  const areRunnable = await Promise.all(
    all.map(async ({ number }) =>
      isRunnable(await loadReferred(context.loaders.numberedVersion, { promptId, number }), context, deps),
    ),
  );
  return all.filter((_, index) => areRunnable[index]);
}
