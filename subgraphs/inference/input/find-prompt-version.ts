import type { Catalog, CatalogPromptVersion } from '#catalog/catalog.ts';
import { requireAccess } from '#core/access.ts';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { matchesLists } from '#core/name-patterns.ts';
import { suggestName } from '#core/text/suggest-name.ts';
import { requirePrompt } from '#inference/admission/allowed-names.ts';
import type { RunPromptInput } from '../generated.ts';

interface Deps {
  readonly catalog: Pick<Catalog, 'promptVersion' | 'promptRuns' | 'promptNames'>;
  readonly now: () => number;
}

const shownMax = 100;
const labelsMax = 10;

/** The version that a call names. FORBIDDEN for a prompt that the caller may not run, ACCESS_PENDING without the approval that it requires; NOT_FOUND names what there is instead. */
export async function findPromptVersion(
  { name, version: number, label }: RunPromptInput,
  caller: Caller,
  deps: Deps,
): Promise<CatalogPromptVersion> {
  if (number != null && label != null) {
    throw new HeddleError('BAD_USER_INPUT', 'Send a version or a label, not both.');
  }
  requirePrompt(caller, name);
  const { tenantId, planId } = caller;
  if (tenantId === null)
    throw new HeddleError('NOT_FOUND', 'Your key belongs to no tenant that has prompts.');
  const runs = await deps.catalog.promptRuns(caller, name);
  if (runs?.requiresApproval) {
    requireAccess(
      caller,
      { what: 'prompt', resource: name, requiresApproval: true, ownerId: runs.ownerId },
      deps.now(),
    );
  }
  const viewer = { tenantId, ...(planId === undefined ? {} : { planId }) };
  const found = await deps.catalog.promptVersion({ ...viewer, name, number, label });
  if (found !== undefined) return found;
  const wanted = number == null ? (label == null ? null : `labelled ${label}`) : `number ${number}`;
  throw new HeddleError('NOT_FOUND', await describeMissing(name, wanted, caller, deps));
}

/** What is missing, and what was probably meant: names of prompts that the caller may run alone. */
async function describeMissing(
  name: string,
  wanted: string | null,
  caller: Caller,
  { catalog }: Deps,
): Promise<string> {
  const shown = JSON.stringify(name.slice(0, shownMax));
  const runs = await catalog.promptRuns(caller, name);
  if (runs === undefined) {
    const names = await catalog.promptNames(caller);
    const suggestion = suggestName(
      name,
      names.filter((one) => matchesLists(caller.promptLists, one)),
    );
    return `Your tenant has no prompt named ${shown}; see the query prompts.${suggestion}`;
  }
  if (runs.newest === 0) return `The prompt ${shown} has no version yet.`;
  const labels = runs.labels.slice(0, labelsMax).join(', ');
  const has = labels === '' ? 'it has no label' : `its labels are ${labels}`;
  return `The prompt ${shown} has no version ${wanted?.slice(0, shownMax)}: ${has}, and its newest version is ${runs.newest}.`;
}
