import { beforeAll, describe, expect, it } from 'vitest';
import { models } from '#mongo/models.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { modelsAdmin as admin, createModel } from '#test/support/models-mesh.ts';
import {
  author,
  deleteModelMutation as deleteModel,
  deleteProviderMutation as deleteProvider,
  deleteRouteMutation as deleteRoute,
  deprecate,
  deletionsMesh as mesh,
  newPrompt,
  newProvider,
  promptsSubgraph,
  publishNext,
  route,
  deletionsSubgraph as subgraph,
  takeNumber,
  useDeletions,
} from '#test/support/setups/deletions.ts';
import { askForData } from '#test/support/subgraph.ts';

useDeletions();

const addCredential =
  'mutation ($id: ID!) { addProviderCredential(providerId: $id, label: "more", secret: "sk-secret-0002") { id } }';
const labelVersion =
  'mutation ($id: ID!, $label: String!, $number: Int!) { labelPromptVersion(promptId: $id, label: $label, number: $number) { id } }';
describe('at the same time', () => {
  const tries = 8;
  const settled = (...runs: readonly Promise<unknown>[]) =>
    Promise.all(
      runs.map((run) =>
        run.then(
          () => true,
          () => false,
        ),
      ),
    );

  it.each<[string, (id: string, providerId: string) => Promise<unknown>]>([
    ['a route to it', (model) => route(`race-${takeNumber()}`, model)],
    [
      'a prompt version that calls it',
      async (model) => {
        const id = await newPrompt(`${other}/a`);
        return publishNext(id, model);
      },
    ],
    [
      'a model that it replaces',
      (model) => askForData(subgraph, admin, deprecate, { id: `${other}/b`, by: model }),
    ],
  ])('either deletes a model or makes %s', async (_what, make) => {
    for (let round = 0; round < tries; round += 1) {
      const id = `${await newProvider()}/a`;
      const [deleted, made] = await settled(askForData(subgraph, admin, deleteModel, { id }), make(id, id));
      expect([deleted, made]).not.toEqual([true, true]);
      expect(mesh.catalog.model(id) === undefined).toBe(deleted);
      if (made) expect(await mesh.refusal(deleteModel, { id })).toMatch(/^CONFLICT/);
      await askForData(subgraph, admin, deprecate, { id: `${other}/b` });
    }
  });

  it('leaves no version of a prompt that calls a deleted route', async () => {
    const model = `${other}/a`;
    for (let round = 0; round < tries; round += 1) {
      const alias = `race-route-${round}`;
      await route(alias, model);
      const id = await newPrompt(model);
      const [deleted, made] = await settled(
        askForData(subgraph, admin, deleteRoute, { id: alias }),
        publishNext(id, alias),
      );
      expect([deleted, made]).not.toEqual([true, true]);
      const stored = { promptId: id, model: alias };
      expect(await promptVersions(mesh.database.connection).countDocuments(stored)).toBe(made ? 1 : 0);
    }
  });

  it('leaves no label on a version that calls a deleted model, and states why', async () => {
    const { connection } = mesh.database;
    for (let round = 0; round < tries; round += 1) {
      const model = `${await newProvider()}/a`;
      const id = await newPrompt(model);
      await publishNext(id, `${other}/a`);
      const label = { id, label: 'live', number: 1 };
      const [deleted, made] = await settled(
        askForData(subgraph, admin, deleteModel, { id: model }),
        askForData(promptsSubgraph, author, labelVersion, label),
      );
      expect([deleted, made]).not.toEqual([true, true]);
      const labels = (await prompts(connection).findById(id).lean())?.labels;
      expect(labels).toEqual(made ? { live: 1 } : {});
      if (!deleted) continue;
      await expect(askForData(promptsSubgraph, author, labelVersion, label)).rejects.toThrow(
        `Version 1 calls "${model}", which was deleted`,
      );
    }
  });

  it('leaves no model and no key of a deleted provider', async () => {
    const { connection } = mesh.database;
    for (let round = 0; round < tries; round += 1) {
      const id = await newProvider();
      await settled(
        askForData(subgraph, admin, createModel, { input: { providerId: id, name: 'c' } }),
        askForData(subgraph, admin, deleteProvider, { id }),
        askForData(subgraph, admin, addCredential, { id }),
        askForData(subgraph, admin, createModel, { input: { providerId: id, name: 'd' } }),
      );
      expect(await providers(connection).countDocuments({ _id: id })).toBe(0);
      expect(await models(connection).countDocuments({ providerId: id })).toBe(0);
      expect(await providerCredentials(connection).countDocuments({ providerId: id })).toBe(0);
    }
  });

  let other: string;
  beforeAll(async () => {
    other = await newProvider();
  });
});
