import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalog } from '#catalog/catalog.ts';
import {
  modelsAdmin as admin,
  createModel,
  createProvider,
  type ModelsMesh,
  openModelsMesh,
  modelsReader as reader,
} from '#test/support/models-mesh.ts';
import { askForData } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';

let mesh: ModelsMesh;
let subgraph: Subgraph;
let catalog: Catalog;

beforeAll(async () => {
  mesh = await openModelsMesh();
  ({ subgraph, catalog } = mesh);
});

afterAll(() => mesh?.[Symbol.asyncDispose]());

const refusal: ModelsMesh['refusal'] = (...args) => mesh.refusal(...args);

const saveRoute = `mutation ($input: RouteInput!) {
  saveRoute(input: $input) {
    alias strategy maxAttempts timeouts { connectMs firstTokenMs interTokenMs totalMs }
    targets { weight regions model { id } }
  }
}`;

describe('routes', () => {
  beforeAll(async () => {
    await askForData(subgraph, admin, createProvider, { input: { id: 'r', kind: 'OLLAMA' } });
    for (const name of ['a', 'b', 'gone']) {
      await askForData(subgraph, admin, createModel, { input: { providerId: 'r', name } });
    }
    await askForData(subgraph, admin, 'mutation { retireModel(id: "r/gone") { id } }');
  });

  it('saves with sensible times by default, replaces as a whole, and deletes', async () => {
    const saved = await askForData(subgraph, admin, saveRoute, {
      input: {
        alias: 'smart',
        strategy: 'PRIORITY',
        targets: [{ model: 'r/a' }, { model: 'r/b', regions: ['eu'] }],
      },
    });
    expect(saved.saveRoute).toEqual({
      alias: 'smart',
      strategy: 'PRIORITY',
      maxAttempts: 3,
      timeouts: { connectMs: 10_000, firstTokenMs: 10_000, interTokenMs: 30_000, totalMs: 600_000 },
      targets: [
        { weight: 1, regions: null, model: { id: 'r/a' } },
        { weight: 1, regions: ['eu'], model: { id: 'r/b' } },
      ],
    });
    await askForData(subgraph, admin, saveRoute, {
      input: {
        alias: 'smart',
        strategy: 'WEIGHTED',
        targets: [
          { model: 'r/b', weight: 0 },
          { model: 'r/a', weight: 2 },
        ],
        timeouts: { firstTokenMs: 50 },
        maxAttempts: 1,
      },
    });
    expect(catalog.route('smart')).toMatchObject({
      strategy: 'WEIGHTED',
      maxAttempts: 1,
      timeouts: { connectMs: 10_000, firstTokenMs: 50 },
      targets: [
        { model: { id: 'r/b' }, weight: 0 },
        { model: { id: 'r/a' }, weight: 2 },
      ],
    });
    expect(
      await askForData(subgraph, reader, '{ routes { alias } route(alias: "smart") { strategy } }'),
    ).toEqual({
      routes: [{ alias: 'smart' }],
      route: { strategy: 'WEIGHTED' },
    });
    const remove = 'mutation { deleteRoute(alias: "smart") }';
    expect(await askForData(subgraph, admin, remove)).toEqual({ deleteRoute: 'route:smart' });
    expect(await refusal(remove)).toMatch(/^NOT_FOUND/);
    expect(catalog.route('smart')).toBeUndefined();
  });

  it('names a target twice, which is then called twice in a row', async () => {
    const targets = [{ model: 'r/a' }, { model: 'r/a' }, { model: 'r/b' }];
    const input = { alias: 'twice', strategy: 'PRIORITY', targets };
    await askForData(subgraph, admin, saveRoute, { input });
    expect(catalog.route('twice')?.targets.map(({ model }) => model.id)).toEqual(['r/a', 'r/a', 'r/b']);
  });

  it('allows more time to the first token where a target reasons', async () => {
    const model = { providerId: 'r', name: 'thinks', capabilities: ['CHAT', 'REASONING'] };
    await askForData(subgraph, admin, createModel, { input: model });
    const targets = [{ model: 'r/a' }, { model: 'r/thinks' }];
    const input = { alias: 'thinking', strategy: 'PRIORITY', targets };
    const save = (more: object) => askForData(subgraph, admin, saveRoute, { input: { ...input, ...more } });
    expect(await save({})).toMatchObject({ saveRoute: { timeouts: { firstTokenMs: 60_000 } } });
    expect(await save({ timeouts: { firstTokenMs: 7 } })).toMatchObject({
      saveRoute: { timeouts: { firstTokenMs: 7 } },
    });
  });

  it.each([
    [{ alias: 'r/a' }, 'input.alias'],
    [{ targets: [] }, 'input.targets must name 1 to 50'],
    [{ targets: [{ model: 'r/none' }] }, 'names models that do not exist: "r/none"'],
    [{ targets: [{ model: 'r/gone' }] }, 'names models that are retired: r/gone'],
    [{ targets: [{ model: 'r/a', weight: -1 }] }, 'input.targets[0].weight'],
    [{ targets: [{ model: 'r/a', regions: [] }] }, 'input.targets[0].regions must not be empty'],
    [{ strategy: 'WEIGHTED', targets: [{ model: 'r/a', weight: 0 }] }, 'needs a weight above 0'],
    [{ timeouts: { totalMs: 0 } }, 'input.timeouts.totalMs'],
    [{ timeouts: { connectMs: 60_001 } }, 'input.timeouts.connectMs'],
    [{ maxAttempts: 11 }, 'input.maxAttempts'],
  ])('refuses %j', async (wrong, message) => {
    const input = { alias: 'wrong', strategy: 'PRIORITY', targets: [{ model: 'r/a' }], ...wrong };
    expect(await refusal(saveRoute, { input })).toMatch(/^BAD_USER_INPUT/);
    expect(await refusal(saveRoute, { input })).toContain(message);
    expect(catalog.route('wrong')).toBeUndefined();
  });
});
