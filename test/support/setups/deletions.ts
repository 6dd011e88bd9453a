import { afterAll, beforeAll } from 'vitest';
import { createPromptsSubgraph } from '#subgraphs/prompts/subgraph.ts';
import {
  modelsAdmin as admin,
  createModel,
  createProvider,
  type ModelsMesh,
  openModelsMesh,
} from '#test/support/models-mesh.ts';
import { askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';

const deleteModel = 'mutation ($id: ID!) { deleteModel(id: $id) }';

const deleteProvider = 'mutation ($id: ID!) { deleteProvider(id: $id) }';

const deleteRoute = 'mutation ($id: ID!) { deleteRoute(alias: $id) }';

const saveRoute = 'mutation ($input: RouteInput!) { saveRoute(input: $input) { alias } }';

const deprecate = 'mutation ($id: ID!, $by: ID) { deprecateModel(id: $id, replacedBy: $by) { id } }';

const createPrompt = `mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }`;

const publish =
  'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { number } }';

const author = testCaller('acme', 'prompts:write');

let mesh: ModelsMesh;

let subgraph: Subgraph;

let promptsSubgraph: Subgraph;

let count = 0;

/** A number that no other name of the file has. */
const takeNumber = () => ++count;

/** A provider of the test's own with a key and the models a and b. */
async function newProvider(): Promise<string> {
  const id = `p${takeNumber()}`;
  await askForData(subgraph, admin, createProvider, {
    input: { id, kind: 'OPENAI', apiKey: 'sk-secret-0001' },
  });
  for (const name of ['a', 'b']) {
    await askForData(subgraph, admin, createModel, { input: { providerId: id, name } });
  }
  return id;
}

const route = (alias: string, model: string) =>
  askForData(subgraph, admin, saveRoute, { input: { alias, strategy: 'PRIORITY', targets: [{ model }] } });

async function newPrompt(model: string, more: { label?: string } = {}, caller = author): Promise<string> {
  const version = { model, template: 'Hello', ...more };
  const made = await askForData<{ createPrompt: { id: string } }>(promptsSubgraph, caller, createPrompt, {
    input: { name: `prompt${takeNumber()}`, version },
  });
  return made.createPrompt.id;
}

const publishNext = (id: string, model: string) =>
  askForData(promptsSubgraph, author, publish, { id, input: { model, template: 'Next' } });

/** Starts what the tests of a file share before them, and ends it behind them. */
export function useDeletions(): void {
  beforeAll(async () => {
    mesh = await openModelsMesh();
    ({ subgraph } = mesh);
    const { database, catalog } = mesh;
    promptsSubgraph = createPromptsSubgraph({
      ...testServices(database),
      connection: database.connection,
      catalog,
    });
  });
  afterAll(() => mesh?.[Symbol.asyncDispose]());
}

export {
  author,
  deleteModel as deleteModelMutation,
  deleteProvider as deleteProviderMutation,
  deleteRoute as deleteRouteMutation,
  deprecate,
  mesh as deletionsMesh,
  newPrompt,
  newProvider,
  promptsSubgraph,
  publishNext,
  route,
  subgraph as deletionsSubgraph,
  takeNumber,
};
