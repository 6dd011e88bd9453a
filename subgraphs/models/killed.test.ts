import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFailingDatabase } from '#test/support/database.ts';
import {
  modelsAdmin as admin,
  createModel,
  createProvider,
  type ModelsMesh,
  openModelsMesh,
} from '#test/support/models-mesh.ts';
import { killedAtEveryWrite } from '#test/support/processes/killed.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { settleCatalog } from './settle-catalog.ts';

let mesh: ModelsMesh;
let count = 0;
beforeAll(async () => {
  mesh = await openModelsMesh(openFailingDatabase);
  // The first secret makes the data key of its owner, which belongs to no one change.
  await make();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

interface Made {
  readonly provider: string;
  readonly credential: string;
  readonly route: string;
}

/** A provider with a key and the models a and b, and a route to a model of another. */
async function make(): Promise<Made> {
  count += 1;
  const run = <T>(query: string, variables: object) =>
    askForData<T>(mesh.subgraph, admin, query, { ...variables });
  for (const id of [`p${count}`, `q${count}`]) {
    await run(createProvider, { input: { id, kind: 'OPENAI', apiKey: 'sk-secret-0001' } });
    for (const name of ['a', 'b']) await run(createModel, { input: { providerId: id, name } });
  }
  await run('mutation ($input: RouteInput!) { saveRoute(input: $input) { alias } }', {
    input: { alias: `r${count}`, strategy: 'PRIORITY', targets: [{ model: `q${count}/a` }] },
  });
  const { addProviderCredential } = await run<{ addProviderCredential: { id: string } }>(
    'mutation ($id: ID!) { addProviderCredential(providerId: $id, label: "more", secret: "sk-secret-0002") { id } }',
    { id: `p${count}` },
  );
  return { provider: `p${count}`, credential: addProviderCredential.id, route: `r${count}` };
}

describe('a process that is killed while it', { timeout: 120_000 }, () => {
  it.each<[string, (made: Made) => string]>([
    [
      'createProvider',
      ({ provider }) =>
        `createProvider(input: { id: "${provider}-x", kind: OPENAI, apiKey: "sk-secret-0003", registerModels: true }) { id }`,
    ],
    [
      'updateProvider',
      ({ provider }) => `updateProvider(id: "${provider}", input: { enabled: false }) { id }`,
    ],
    ['deleteProvider', ({ provider }) => `deleteProvider(id: "${provider}")`],
    [
      'addProviderCredential',
      ({ provider }) =>
        `addProviderCredential(providerId: "${provider}", label: "x", secret: "sk-secret-0004") { id }`,
    ],
    [
      'updateProviderCredential',
      ({ credential }) => `updateProviderCredential(id: "${credential}", input: { label: "x" }) { id }`,
    ],
    [
      'rotateProviderCredential',
      ({ credential }) => `rotateProviderCredential(id: "${credential}", secret: "sk-secret-0005") { id }`,
    ],
    ['removeProviderCredential', ({ credential }) => `removeProviderCredential(id: "${credential}")`],
    ['createModel', ({ provider }) => `createModel(input: { providerId: "${provider}", name: "c" }) { id }`],
    [
      'updateModel',
      ({ provider }) => `updateModel(id: "${provider}/a", input: { contextTokens: 1234 }) { id }`,
    ],
    ['retireModel', ({ provider }) => `retireModel(id: "${provider}/a") { id }`],
    ['deleteModel', ({ provider }) => `deleteModel(id: "${provider}/a")`],
    [
      'saveRoute',
      ({ route, provider }) =>
        `saveRoute(input: { alias: "${route}", strategy: PRIORITY, targets: [{ model: "${provider}/a" }] }) { alias }`,
    ],
    ['deleteRoute', ({ route }) => `deleteRoute(alias: "${route}")`],
  ])(
    'runs %s leaves all of it or nothing after the next start, and a record that names it',
    async (_name, writeQuery) => {
      const prepare = async () => {
        const query = `mutation { ${writeQuery(await make())} }`;
        return () => ask(mesh.subgraph, admin, query);
      };
      const { connection } = mesh.database;
      const repair = () => settleCatalog(connection);
      const states = new Set<string>(['']);
      for await (const { hasChanged, changes, records } of killedAtEveryWrite(connection, prepare, repair)) {
        states.add(changes);
        if (hasChanged)
          expect(records, changes).toMatchObject([
            { targetType: expect.any(String), targetId: expect.any(String) },
          ]);
      }
      // As before, or as after: nothing half done.
      expect([...states].slice(1)).toHaveLength(1);
    },
  );
});
