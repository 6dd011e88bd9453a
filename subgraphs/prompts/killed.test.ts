import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, openCatalog } from '#catalog/catalog.ts';
import type { Database } from '#mongo/connect.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { fillCatalog } from '#test/support/inference.ts';
import { killedAtEveryWrite } from '#test/support/processes/killed.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { createPromptsSubgraph } from './subgraph.ts';
import { settlePendingVersions } from './versions/settle-versions.ts';

const writer = testCaller('t1', 'prompts:read', 'prompts:write');
let database: Database;
let catalog: Catalog;
let subgraph: Subgraph;
let count = 0;

beforeAll(async () => {
  database = await openFailingDatabase();
  await fillCatalog(database);
  const services = testServices(database);
  catalog = await openCatalog(database.connection, { bus: services.bus, refreshMs: 3_600_000 });
  subgraph = createPromptsSubgraph({ ...services, connection: database.connection, catalog });
});
afterAll(async () => {
  await catalog?.[Symbol.asyncDispose]();
  await database?.close();
});

/** A prompt with two versions, the second labelled `x`. */
async function newPrompt(): Promise<string> {
  const input = (template: string, label?: string) => ({ model: 'demo/echo', template, label });
  const { createPrompt } = await askForData<{ createPrompt: { id: string } }>(
    subgraph,
    writer,
    'mutation ($input: CreatePromptInput!) { createPrompt(input: $input) { id } }',
    { input: { name: `prompt${++count}`, version: input('one') } },
  );
  await askForData(
    subgraph,
    writer,
    'mutation ($id: ID!, $input: PromptVersionInput!) { publishPromptVersion(promptId: $id, input: $input) { id } }',
    { id: createPrompt.id, input: input('two', 'x') },
  );
  return createPrompt.id;
}

/** Versions that their prompt does not show, or that are still pending. */
async function strayVersions(): Promise<number> {
  const newest = new Map(
    (await prompts(database.connection).find().lean()).map((prompt) => [prompt._id, prompt.newest]),
  );
  const versions = await promptVersions(database.connection).find().lean();
  return versions.filter(
    ({ promptId, number, pending }) => pending !== undefined || number > (newest.get(promptId) ?? 0),
  ).length;
}

describe('a process that is killed while it', { timeout: 120_000 }, () => {
  it.each([
    [
      'createPrompt',
      '($n: String!) { createPrompt(input: { name: $n, version: { model: "demo/echo", template: "t" } }) { id } }',
    ],
    ['copyPrompt', '($id: ID!, $n: String!) { copyPrompt(id: $id, name: $n) { id } }'],
    ['updatePrompt', '($id: ID!, $n: String!) { updatePrompt(id: $id, input: { name: $n }) { id } }'],
    [
      'publishPromptVersion',
      '($id: ID!) { publishPromptVersion(promptId: $id, input: { model: "demo/echo", template: "t" }) { id } }',
    ],
    ['labelPromptVersion', '($id: ID!) { labelPromptVersion(promptId: $id, label: "y", number: 1) { id } }'],
    ['removePromptLabel', '($id: ID!) { removePromptLabel(promptId: $id, label: "x") { id } }'],
    ['archivePrompt', '($id: ID!) { archivePrompt(id: $id) }'],
  ])(
    'runs %s leaves a record that names what has changed, and after the next start no version that no prompt shows',
    async (_name, query) => {
      const prepare = async () => {
        const id = await newPrompt();
        const variables = { id, n: `named${count}` };
        return () => ask(subgraph, writer, `mutation ${query}`, variables);
      };
      const repair = () => settlePendingVersions(database.connection, pino({ level: 'silent' }));
      const states = new Set<string>(['']);
      for await (const { hasChanged, changes, records } of killedAtEveryWrite(
        database.connection,
        prepare,
        repair,
      )) {
        states.add(changes);
        if (hasChanged)
          expect(records).toMatchObject([{ targetType: expect.any(String), targetId: expect.any(String) }]);
        expect(await strayVersions()).toBe(0);
      }
      // As before, or as after: nothing half done.
      expect([...states].slice(1)).toHaveLength(1);
    },
  );
});
