import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bumpCatalogRevision } from '#mongo/catalog-revisions.ts';
import type { Database } from '#mongo/connect.ts';
import { type ModelRecord, models, type PriceRecord, priceInForce } from '#mongo/models.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { providers } from '#mongo/providers.ts';
import { routes } from '#mongo/routes.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { countCommands } from '#test/support/subgraph.ts';
import { type Catalog, openCatalog } from './catalog.ts';

const log = pino({ level: 'silent' });
const mesh = { tenantId: null };
const at = new Date('2026-01-01T00:00:00Z');
const dates = { createdAt: at, updatedAt: at };
const provider = { _id: 'p', kind: 'OPENAI', baseUrl: null, region: 'eu', enabled: true, ...dates } as const;

let database: Database;
let bus: ReturnType<typeof createMemoryBus>;
let catalog: Catalog;
let nowMs = 0;

beforeAll(async () => {
  database = await openTestDatabase({ monitorCommands: true });
});
afterAll(() => database.close());

beforeEach(async () => {
  nowMs = at.getTime();
  bus = createMemoryBus(log);
  const { connection } = database;
  const collections = [providers, providerCredentials, models, routes, prompts, promptVersions];
  await Promise.all(collections.map((collection) => collection(connection).collection.deleteMany({})));
  await providers(connection).create(provider);
  catalog = await openCatalog(connection, { bus, log, now: () => nowMs, refreshMs: 3_600_000 });
});

afterEach(async () => {
  await catalog[Symbol.asyncDispose]();
});

function price(effectiveFrom: string, inputNanosPerMillion: bigint): PriceRecord {
  return {
    effectiveFrom: new Date(effectiveFrom),
    inputNanosPerMillion,
    outputNanosPerMillion: 2n,
    cachedInputNanosPerMillion: null,
    cacheWriteNanosPerMillion: null,
  };
}

function model(name: string, rest: Partial<ModelRecord> = {}): ModelRecord {
  return {
    _id: `p/${name}`,
    providerId: 'p',
    name,
    capabilities: ['CHAT'],
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    contextTokens: 1000,
    maxOutputTokens: null,
    prices: [],
    lifecycle: 'ACTIVE',
    replacedById: null,
    ...dates,
    ...rest,
  };
}

const changed = (collection = 'models') => bus.publish('catalog.changed', { collection });

describe('catalog', () => {
  it('knows a change when the publishing of it has ended, and nothing of it before', async () => {
    await models(database.connection).create(model('a'));
    expect(catalog.model('p/a')).toBeUndefined();
    await changed();
    expect(catalog.model('p/a')).toMatchObject({ id: 'p/a', provider: { id: 'p', region: 'eu' } });
  });

  it('sees every write of many that are made and published at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await models(database.connection).create(model(`m${index}`));
        await changed();
        expect(catalog.model(`p/m${index}`), `m${index}`).toBeDefined();
      }),
    );
  });

  it('serves enabled credentials alone, models with their provider, routes without vanished models', async () => {
    const { connection } = database;
    const credential = { providerId: 'p', hint: '', sealed: 'x', weight: 1, createdAt: at };
    await providerCredentials(connection).create([
      { _id: 'c1', label: 'on', enabled: true, ...credential },
      { _id: 'c2', label: 'off', enabled: false, ...credential },
    ]);
    await models(connection).create([model('a'), model('orphan', { providerId: 'gone' })]);
    const timeouts = { connectMs: 1, firstTokenMs: 2, interTokenMs: 3, totalMs: 4 };
    await routes(connection).create({
      _id: 'fast',
      strategy: 'PRIORITY',
      targets: [
        { modelId: 'p/none', weight: 1, regions: null },
        { modelId: 'p/a', weight: 2, regions: ['eu'] },
      ],
      timeouts,
      maxAttempts: 2,
      ...dates,
    });
    await changed();
    expect(catalog.provider('p')?.credentials.map(({ id }) => id)).toEqual(['c1']);
    expect(catalog.model('p/orphan')).toBeUndefined();
    expect(catalog.route('fast')).toMatchObject({
      timeouts,
      targets: [{ model: { id: 'p/a' }, weight: 2, regions: ['eu'] }],
    });
  });

  it('keeps objects the same until something changes', async () => {
    await models(database.connection).create(model('a'));
    await changed();
    const before = catalog.model('p/a');
    expect(catalog.model('p/a')).toBe(before);
    expect(catalog.snapshot().models.get('p/a')).toBe(before);
    await changed();
    expect(catalog.model('p/a')).not.toBe(before);
  });

  it('shows its followers the present snapshot, and each later one before it is in use', async () => {
    const seen: boolean[] = [];
    const following = catalog.follow((snapshot) => seen.push(snapshot === catalog.snapshot()));
    await catalog.refresh();
    expect(seen).toEqual([true, false]);
    following[Symbol.dispose]();
    await catalog.refresh();
    expect(seen).toHaveLength(2);
  });

  it('serves the price in force at the time of reading', async () => {
    await models(database.connection).create(
      model('a', { prices: [price('2025-01-01T00:00:00Z', 1n), price('2026-06-01T00:00:00Z', 2n)] }),
    );
    await changed();
    expect(catalog.model('p/a')?.price?.inputNanosPerMillion).toBe(1n);
    nowMs = Date.parse('2026-06-01T00:00:00Z');
    await catalog.refresh();
    expect(catalog.model('p/a')?.price?.inputNanosPerMillion).toBe(2n);
  });

  it('finds for all that request it at once what was written without being announced', async () => {
    await models(database.connection).create([model('one'), model('two')]);
    const found = await Promise.all(['p/one', 'p/two', 'p/one'].map((name) => catalog.resolve(name, mesh)));
    expect(found).toMatchObject([
      { model: { id: 'p/one' } },
      { model: { id: 'p/two' } },
      { model: { id: 'p/one' } },
    ]);
  });

  it('lets those who miss a little later wait for what is being looked for', async () => {
    await models(database.connection).create([model('one'), model('two')]);
    const first = catalog.resolve('p/one', mesh);
    nowMs += 5;
    expect(await catalog.resolve('p/two', mesh)).toMatchObject({ model: { id: 'p/two' } });
    expect(await first).toMatchObject({ model: { id: 'p/one' } });
  });

  it('reads once more for all requests while it reads, the revision first', async () => {
    const asked: string[] = [];
    const note = ({ command }: { command: Record<string, unknown> }) => asked.push(String(command.find));
    const client = database.connection.getClient();
    client.on('commandStarted', note);
    await Promise.all([catalog.refresh(), catalog.refresh(), catalog.refresh()]);
    client.off('commandStarted', note);
    expect(asked.filter((collection) => collection === 'catalog_revisions')).toHaveLength(2);
    expect(asked[0]).toBe('catalog_revisions');
    expect(asked[asked.length / 2]).toBe('catalog_revisions');
  });

  it('reads anew for a writer that wrote while a reading was under way, also when that one fails', async () => {
    const { connection } = database;
    await models(connection).create(model('a'));
    const find = vi.spyOn(models(connection).collection, 'find').mockImplementationOnce(() => {
      throw new Error('The database is away.');
    });
    const [first, mine] = await Promise.allSettled([catalog.refresh(), catalog.refresh()]);
    find.mockRestore();
    expect([first.status, mine.status]).toEqual(['rejected', 'fulfilled']);
    expect(catalog.model('p/a')).toBeDefined();
  });

  it('looks for a missing name once, and for others not before a second has passed', async () => {
    await models(database.connection).create(model('a'));
    expect(await catalog.resolve('p/a', mesh)).toMatchObject({ model: { id: 'p/a' } });
    await models(database.connection).create(model('b'));
    const none = await countCommands(database, () => catalog.resolve('p/b', mesh));
    expect(none).toEqual([]);
    nowMs += 1000;
    expect(await catalog.resolve('p/b', mesh)).toMatchObject({ model: { id: 'p/b' } });
    expect(await countCommands(database, () => catalog.resolve('p/b', mesh))).toEqual([]);
  });

  it('sends one small query from time to time, and reads all only when something has changed', async () => {
    const { connection } = database;
    const asked: string[] = [];
    await using other = await openCatalog(connection, { bus: createMemoryBus(log), log, refreshMs: 5 });
    connection.getClient().on('commandStarted', ({ command }) => asked.push(String(command.find)));
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(3));
    expect(new Set(asked)).toEqual(new Set(['catalog_revisions']));
    await models(connection).create(model('a'));
    await bumpCatalogRevision(connection);
    await vi.waitFor(() => expect(other.model('p/a')).toBeDefined());
  });

  it('shows each of many processes what another one changed, of the mesh and of tenants, by its next poll', async () => {
    const { connection } = database;
    const random = createRandom(printedSeed('catalog of many processes'));
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await using opened = new AsyncDisposableStack();
    opened.defer(() => {
      vi.useRealTimers();
    });
    const buses = Array.from({ length: 4 }, () => createMemoryBus(log));
    const processes: Catalog[] = [];
    for (const own of buses) {
      processes.push(opened.use(await openCatalog(connection, { bus: own, log, now: () => nowMs })));
    }
    await providers(connection).create({ ...provider, _id: 't1:p', tenantId: 't1' });
    const there = new Set<string>();
    const names = ['a', 'b'].flatMap((name) => [
      [null, name, `p/${name}`],
      ['t1', name, `t1:p/${name}`],
    ]) as readonly (readonly [string | null, string, string])[];
    const list = (process: Catalog) =>
      names.map(([, , id]) => id).filter((id) => process.model(id) !== undefined);
    for (let round = 0; round < 20; round++) {
      const [tenantId, name, _id] = random.pick(names);
      if (there.delete(_id)) await models(connection).deleteOne({ _id });
      else {
        there.add(_id);
        const owner = tenantId === null ? {} : { tenantId, providerId: `${tenantId}:p` };
        await models(connection).create(model(name, { _id, ...owner }));
      }
      await bumpCatalogRevision(connection);
      const writer = random.below(buses.length);
      await buses[writer]?.publish('catalog.changed', { collection: 'models' });
      const expected = names.map(([, , id]) => id).filter((id) => there.has(id));
      expect(list(processes[writer] as Catalog)).toEqual(expected);
      // One interval of polls: what a process needs at most to see it.
      vi.advanceTimersByTime(5_000);
      await vi.waitFor(() => expect(processes.map(list)).toEqual(processes.map(() => expected)));
      for (const process of processes) {
        const viewer = { tenantId: 't1' };
        const found = process.find(await process.resolveName('p/a', viewer), viewer);
        const own = there.has('t1:p/a') ? 't1:p/a' : there.has('p/a') ? 'p/a' : undefined;
        expect(found && 'model' in found ? found.model.id : undefined).toBe(own);
        expect(process.find('t1:p/a', { tenantId: 't2' })).toBeUndefined();
      }
    }
  });

  it('reads all once a minute, changed or not, since a writer may have died before it published', async () => {
    const { connection } = database;
    const asked: string[] = [];
    let otherMs = at.getTime();
    const options = { bus: createMemoryBus(log), log, refreshMs: 5, now: () => otherMs };
    await using other = await openCatalog(connection, options);
    connection.getClient().on('commandStarted', ({ command }) => asked.push(String(command.find)));
    const rounds = async (more: number) => {
      const seen = asked.length;
      await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(seen + more));
    };
    await models(connection).create(model('a'));
    otherMs += 59_999;
    await rounds(4);
    expect(new Set(asked)).toEqual(new Set(['catalog_revisions', 'undefined']));
    otherMs += 1;
    await vi.waitFor(() => expect(other.model('p/a')).toBeDefined());
  });

  it('keeps what it has when the database cannot be read', async () => {
    await using gone = await openTestDatabase();
    await providers(gone.connection).create({ ...provider, _id: 'kept' });
    await using other = await openCatalog(gone.connection, { bus, log, refreshMs: 3_600_000 });
    await gone.connection.close();
    await changed();
    expect(other.provider('kept')).toBeDefined();
    await expect(other.refresh()).rejects.toThrow();
  });

  it('reads a prompt that many request at once with one command each, and then none', async () => {
    const { connection } = database;
    await prompts(connection).create({
      _id: 'pr',
      tenantId: 't',
      name: 'hello',
      description: null,
      labels: {},
      newest: 1,
      createdAt: at,
    });
    await promptVersions(connection).create({
      _id: 'v1',
      promptId: 'pr',
      tenantId: 't',
      number: 1,
      model: 'p/a',
      system: null,
      template: 'Hello {{name}}',
      variables: [{ name: 'name', required: true, description: null }],
      outputSchemaJson: null,
      parameters: null,
      note: null,
      createdAt: at,
      createdBy: 'key:k',
    });
    const wanted = { tenantId: 't', name: 'hello' };
    const first = await countCommands(database, () =>
      Promise.all(Array.from({ length: 50 }, () => catalog.promptVersion(wanted))),
    );
    expect(first).toEqual(['find', 'find']);
    expect(await countCommands(database, () => catalog.promptVersion(wanted))).toEqual([]);
    expect(await catalog.promptVersion(wanted)).toBe(await catalog.promptVersion({ ...wanted, number: 1 }));
    expect(await catalog.promptVersion({ ...wanted, tenantId: 'other' })).toBeUndefined();
    // A change that the bus reports is read at once.
    await prompts(connection).deleteOne({ _id: 'pr' });
    await changed('models');
    expect(await catalog.promptVersion(wanted)).toBeDefined();
    await changed('prompts');
    expect(await catalog.promptVersion(wanted)).toBeUndefined();
  });
});

describe('priceInForce', () => {
  it('is the last row that has begun, and the first one before any has', () => {
    const prices = [price('2026-01-01T00:00:00Z', 1n), price('2026-02-01T00:00:00Z', 2n)];
    const inForce = (time: string) => priceInForce(prices, Date.parse(time))?.inputNanosPerMillion;
    expect(inForce('2025-01-01T00:00:00Z')).toBe(1n);
    expect(inForce('2026-01-31T23:59:59.999Z')).toBe(1n);
    expect(inForce('2026-02-01T00:00:00Z')).toBe(2n);
    expect(priceInForce([], 0)).toBeUndefined();
  });
});
