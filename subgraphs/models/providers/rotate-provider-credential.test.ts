import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCatalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { openCredential, toSealedCredential } from '#mongo/credential-secret.ts';
import { events } from '#mongo/events.ts';
import { providerCredentials } from '#mongo/provider-credentials.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { createModelsSubgraph } from '#subgraphs/models/subgraph.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { startInference } from '#test/support/inference.ts';
import { buildUsage, scriptedProvider } from '#test/support/scripted-provider.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData, testCaller, testServices } from '#test/support/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { resealCredentials } from './reseal-credentials.ts';
import { retireSecrets } from './retire-secrets.ts';

let opened: AsyncDisposableStack;
let database: Database;
let services: ReturnType<typeof testServices>;
let subgraph: Subgraph;
let nowMs: number;
let count = 0;
let providerId: string;
let credentialId: string;

beforeAll(async () => {
  opened = new AsyncDisposableStack();
  database = await openTestDatabase();
  opened.defer(() => database.close());
  services = testServices(database);
  const { connection } = database;
  subgraph = opened.use(
    createModelsSubgraph({ ...services, connection, secrets: testSecrets, now: () => nowMs }),
  );
});
afterAll(() => opened?.disposeAsync());

const operator = testCaller('default', 'models:write', 'tenants:admin');
const acme = testCaller('acme', 'providers:write', 'models:read');
const run = <T = Record<string, unknown>>(query: string, caller: Caller = operator) =>
  askForData<T>(subgraph, caller, query);
const refusal = async (query: string, caller: Caller = operator) => {
  const { errors = [] } = await ask(subgraph, caller, query);
  return errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
};
const fields = 'id hint state rotatedAt previousHint previousEndsAt';
const rotate = (secret: string, overlapSeconds = 3_600, id = credentialId) =>
  `mutation { rotateProviderCredential(id: "${id}", secret: "${secret}", overlapSeconds: ${overlapSeconds}) { ${fields} } }`;
const make = async (caller: Caller) => {
  const { createProvider } = await run<{ createProvider: { id: string; credentials: { id: string }[] } }>(
    `mutation { createProvider(input: { id: "p${++count}", kind: OPENAI, apiKey: "sk-secret-0001" }) { id credentials { id } } }`,
    caller,
  );
  return [createProvider.id, createProvider.credentials[0]?.id ?? ''] as const;
};
const stored = async () => {
  const record = await providerCredentials(database.connection).findById(credentialId).lean();
  if (record === null) throw new Error('The credential is gone.');
  const open = (one: { sealed: string; destination?: string }) =>
    openCredential(testSecrets, toSealedCredential({ ...record, ...one }), one.destination ?? '');
  const readSecret = async (one: { sealed: string; destination?: string }) => {
    const opened = await open(one);
    return opened.state === 'READY' ? opened.secret : opened.state;
  };
  const { previous } = record;
  const secrets = await Promise.all([record, ...(previous ? [previous] : [])].map(readSecret));
  return { record, secrets };
};

beforeEach(async () => {
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  [providerId, credentialId] = await make(operator);
});

describe('rotateProviderCredential', () => {
  it('keeps both secrets for the overlap, under one id, and shows until when', async () => {
    expect(await run(rotate('sk-secret-0002'))).toEqual({
      rotateProviderCredential: {
        ...{ id: credentialId, hint: '0002', state: 'READY', rotatedAt: '2026-01-01T00:00:00.000Z' },
        ...{ previousHint: '0001', previousEndsAt: '2026-01-01T01:00:00.000Z' },
      },
    });
    expect((await stored()).secrets).toEqual(['sk-secret-0002', 'sk-secret-0001']);
    const records = await auditLog(database.connection).find({ targetId: credentialId }).lean();
    expect(records.map(({ action }) => action)).toContain('providerCredential.rotate');
    expect(JSON.stringify(records)).not.toContain('v2.');
  });

  it('is refused while an earlier one has not ended, and deletes the old secret when it has', async () => {
    await run(rotate('sk-secret-0002'));
    expect(await refusal(rotate('sk-secret-0003'))).toMatch(
      /^CONFLICT: An earlier rotation of the credential ends at 2026-01-01T01:00:00.000Z/,
    );
    nowMs += 3_599_000;
    const deps = { ...services, connection: database.connection, now: () => nowMs };
    expect(await retireSecrets(deps)).toBe(0);
    expect((await stored()).secrets).toHaveLength(2);
    nowMs += 1_000;
    const { provider } = await run(`{ provider(id: "${providerId}") { credentials { ${fields} } } }`);
    expect(provider).toMatchObject({ credentials: [{ previousHint: null, previousEndsAt: null }] });
    const ended = { 'previous.endsAt': { $lte: new Date(nowMs) } };
    const count = await providerCredentials(database.connection).countDocuments(ended);
    const deleted = await Promise.all([retireSecrets(deps), retireSecrets(deps)]);
    expect(deleted.reduce((sum, one) => sum + one)).toBe(count);
    expect((await stored()).secrets).toEqual(['sk-secret-0002']);
    const records = await auditLog(database.connection)
      .find({ targetId: credentialId, action: 'providerCredential.retire' })
      .lean();
    expect(records).toMatchObject([
      { outcome: 'SUCCEEDED', actor: { kind: 'SYSTEM' }, tenantId: null, before: { hint: '0001' } },
    ]);
    const found = await events(database.connection).find({ subject: credentialId }).lean();
    expect(found).toMatchObject([{ type: 'credential.retired', data: { providerId, hint: '0001' } }]);
    await run(rotate('sk-secret-0003'));
  });

  it('deletes the old secret at once without an overlap, as updateProviderCredential does', async () => {
    await run(rotate('sk-secret-0002', 0));
    expect((await stored()).secrets).toEqual(['sk-secret-0002']);
    await run(rotate('sk-secret-0003'));
    await run(
      `mutation { updateProviderCredential(id: "${credentialId}", input: { secret: "sk-secret-0002" }) { id } }`,
    );
    expect((await stored()).secrets).toEqual(['sk-secret-0002']);
    await run(rotate('sk-secret-0003'));
  });

  it.each<readonly [string, () => string]>([
    ['rotateProviderCredential', () => rotate('sk-secret-0003')],
    ['rotateProviderCredential without an overlap', () => rotate('sk-secret-0003', 0)],
    [
      'updateProviderCredential',
      () =>
        `mutation { updateProviderCredential(id: "${credentialId}", input: { secret: "sk-secret-0003" }) { id } }`,
    ],
    ['removeProviderCredential', () => `mutation { removeProviderCredential(id: "${credentialId}") }`],
    ['deleteProvider', () => `mutation { deleteProvider(id: "${providerId}") }`],
  ])(
    'records the end of a secret whose overlap is over before %s takes its place',
    async (_name, command) => {
      await run(rotate('sk-secret-0002'));
      nowMs += 3_600_000;
      await run(command());
      const deps = { ...services, connection: database.connection, now: () => nowMs };
      await retireSecrets(deps, { _id: credentialId });
      const ended = { targetId: credentialId, action: 'providerCredential.retire' };
      expect(await auditLog(database.connection).find(ended).lean()).toMatchObject([
        { outcome: 'SUCCEEDED', before: { hint: '0001', endsAt: '2026-01-01T01:00:00.000Z' } },
      ]);
      const found = { subject: credentialId, type: 'credential.retired' };
      expect(await events(database.connection).find(found).lean()).toMatchObject([
        { data: { hint: '0001' } },
      ]);
    },
  );

  it('refuses an overlap and a secret out of bounds, and a credential of another tenant like a missing one', async () => {
    for (const overlap of [-1, 30 * 86_400 + 1])
      expect(await refusal(rotate('sk-secret-0002', overlap))).toMatch(/^BAD_USER_INPUT: overlapSeconds/);
    expect(await refusal(rotate(' '))).toMatch(/^BAD_USER_INPUT: secret/);
    const [, own] = await make(acme);
    await run(rotate('sk-secret-0002', 60, own), acme);
    for (const id of [own, 'none'])
      expect(await refusal(rotate('sk-x', 60, id), testCaller('other', 'providers:write'))).toBe(
        `NOT_FOUND: There is no provider credential "${id}".`,
      );
    expect(await refusal(rotate('sk-x'), acme)).toMatch(/^FORBIDDEN: .*belongs to the mesh/);
  });

  it('is sealed anew with both of its secrets', async () => {
    await run(rotate('sk-secret-0002'));
    const { connection } = database;
    const old = (await stored()).record;
    const isOld = (sealed: string) => sealed === old.sealed || sealed === old.previous?.sealed;
    const renewing = {
      ...testSecrets,
      of: () => ({ ...testSecrets, isCurrent: (sealed: string) => !isOld(sealed) }),
    };
    expect(await resealCredentials(connection, renewing)).toMatchObject({ resealed: 1, unreadable: 0 });
    const { record, secrets } = await stored();
    expect([record.sealed, record.previous?.sealed].map((sealed) => isOld(sealed ?? ''))).toEqual([
      false,
      false,
    ]);
    expect(secrets).toEqual(['sk-secret-0002', 'sk-secret-0001']);
    expect(record.previous).toMatchObject({ hint: '0001', endsAt: new Date(nowMs + 3_600_000) });
  });
});

describe('calls during a rotation', () => {
  const completing = {
    input: { model: '', messages: [{ role: 'USER', content: 'Hello' }], cache: 'BYPASS' },
  };
  const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id } }';

  async function startCalls() {
    const { connection } = database;
    await run(
      `mutation { createModel(input: { providerId: "${providerId}", name: "one", price: { input: 1, output: 1 } }) { id } }`,
    );
    const catalog = await openCatalog(connection, { bus: services.bus });
    const used: string[] = [];
    const rejected = new Set<string>();
    const mesh = await startInference(database, {
      ...{ bus: services.bus, catalog, now: () => nowMs },
      createProvider: async ({ secret }) => {
        const provider = scriptedProvider();
        provider.always((call) => {
          used.push(secret ?? '');
          if (rejected.has(secret ?? '')) {
            call.fail(new ProviderFailure('PROVIDER_AUTH', 'Refused.', { retryable: false, status: 401 }));
          } else call.say('x').finish(buildUsage(1, 1));
        });
        return provider;
      },
    });
    const input = { ...completing.input, model: `${providerId}/one` };
    const call = async (): Promise<string> => {
      used.length = 0;
      await mesh.data(COMPLETE, { input });
      return used.join(' ');
    };
    return { mesh, catalog, call, rejected };
  }

  it('use the new secret, the old one again where the provider rejects it, and report that once', async () => {
    const { mesh, catalog, call, rejected } = await startCalls();
    try {
      expect(await call()).toBe('sk-secret-0001');
      await run(rotate('sk-secret-0002'));
      expect(await call()).toBe('sk-secret-0002');
      rejected.add('sk-secret-0002');
      expect(await call()).toBe('sk-secret-0002 sk-secret-0001');
      expect(await call()).toBe('sk-secret-0001');
      nowMs += 60_000;
      expect(await call()).toBe('sk-secret-0002 sk-secret-0001');
      rejected.clear();
      nowMs += 600_000;
      expect(await call()).toBe('sk-secret-0002');
    } finally {
      await mesh[Symbol.asyncDispose]();
      await catalog[Symbol.asyncDispose]();
    }
    const found = await events(database.connection).find({ subject: credentialId }).lean();
    expect(found.map(({ type, tenantId, data }) => ({ type, tenantId, data }))).toEqual([
      { type: 'credential.rejected', tenantId: null, data: { providerId, label: expect.any(String) } },
    ]);
  });
});
