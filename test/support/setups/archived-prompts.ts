import { afterAll, beforeAll, expect } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { openPromptsMesh, type PromptsMesh } from '#test/support/prompts-mesh.ts';
import { askForData, testCaller } from '#test/support/subgraph.ts';

const archive = 'mutation ($id: ID!) { archivePrompt(id: $id) }';

const restore = 'mutation ($id: ID!) { restorePrompt(id: $id) { id name archivedAt labels { name } } }';

const update =
  'mutation ($id: ID!, $input: UpdatePromptInput!) { updatePrompt(id: $id, input: $input) { name description } }';

const publish =
  'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { number } }';

const point = 'mutation ($id: ID!) { labelPromptVersion(promptId: $id, label: "x", number: 1) { id } }';

const unlabel = 'mutation ($id: ID!) { removePromptLabel(promptId: $id, label: "x") { id } }';

const copy = `mutation ($id: ID!, $tenantId: ID, $name: String) { copyPrompt(id: $id, tenantId: $tenantId, name: $name) {
  id name description tenant { id } archivedAt labels { name version { number template } }
  versions { edges { node { number template createdBy note } } } } }`;

const input = { model: 'demo/echo', template: 'later' };

let mesh: PromptsMesh;

const admin = testCaller('root', 'tenants:admin', 'prompts:write');

async function listed(caller: Caller, filter: object | null = null): Promise<string[]> {
  const { prompts: page } = await askForData<{
    prompts: { totalCount: number; edges: { node: { name: string } }[] };
  }>(
    mesh.subgraph,
    caller,
    'query ($filter: PromptFilter) { prompts(filter: $filter, orderBy: NAME_ASC) { totalCount edges { node { name } } } }',
    { filter },
  );
  expect(page.totalCount).toBe(page.edges.length);
  return page.edges.map(({ node }) => node.name);
}

/** Starts what the tests of a file share before them, and ends it behind them. */
export function useArchivedPrompts(): void {
  beforeAll(async () => {
    mesh = await openPromptsMesh(
      parseCountLimits('promptsPerTenant=3,archivedPromptsPerTenant=4,labelsPerPrompt=3'),
    );
  });
  afterAll(() => mesh?.[Symbol.asyncDispose]());
}

export {
  admin as archivesAdmin,
  archive,
  copy,
  input,
  listed as listPromptNames,
  mesh as archivesMesh,
  point,
  publish,
  restore as restoreMutation,
  unlabel,
  update as updateMutation,
};
