import type { Exchange } from '../../../http/exchange.ts';
import { runDeclared } from '../../../operations/run-declared.ts';
import {
  type PromptsToRunQuery,
  type PromptsToRunQueryVariables,
  promptsToRun,
} from '../../operations.generated.ts';

/** A prompt with the versions that have a name of their own. */
export type PromptToRun = PromptsToRunQuery['prompts']['edges'][number]['node'];

/** Pages that are read of each owner, of 50 prompts each: more than a tenant may have. */
const pagesMax = 20;

/** The prompts of the caller's tenant and of the mesh, with the versions that the caller may run, by name: of those of one name only one has any. */
export async function listPromptsToRun(exchange: Exchange): Promise<readonly PromptToRun[]> {
  const { tenantId } = exchange.caller;
  if (tenantId === null) return [];
  const own = await readPages({ tenantId }, exchange);
  const ofMesh = await readPages({ ofMesh: true }, exchange);
  return [...own, ...ofMesh].map(leaveOutOthers).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readPages(
  filter: PromptsToRunQueryVariables['filter'],
  exchange: Exchange,
): Promise<readonly PromptToRun[]> {
  const listed: PromptToRun[] = [];
  let after: string | null = null;
  for (let page = 0; page < pagesMax; page++) {
    const { prompts }: PromptsToRunQuery = await runDeclared(exchange, promptsToRun, { filter, after });
    listed.push(...prompts.edges.map(({ node }) => node));
    if (!prompts.pageInfo.hasNextPage) break;
    after = prompts.pageInfo.endCursor ?? null;
  }
  return listed;
}

/** Without the versions that the caller may not run: with `prompts:read` it sees them too, and of a prompt of the mesh that its tenant has another of the name of. */
function leaveOutOthers(prompt: PromptToRun): PromptToRun {
  const { version, labels } = prompt;
  return {
    ...prompt,
    version: version?.runnable === true ? version : null,
    labels: labels.filter((label) => label.version.runnable),
  };
}
