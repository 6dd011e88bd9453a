import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCountLimits } from '#core/count-limits.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { verifyAuditLog } from '#mongo/audit/verify.ts';
import { erasures } from '#mongo/erasures.ts';
import { events } from '#mongo/events.ts';
import { invocations } from '#mongo/invocations.ts';
import { issuers } from '#mongo/issuers.ts';
import { sessions } from '#mongo/sessions.ts';
import { createTenantsSubgraph } from '#subgraphs/tenants/subgraph.ts';
import { killedAfter } from '#test/support/processes/killed.ts';
import { buildUsage, type ScriptedCall } from '#test/support/scripted-provider.ts';
import {
  answerAlways,
  findTraces,
  readStore,
  startErasing,
  type TestErasing,
} from '#test/support/setups/erasing.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import type { TestTenant } from '#test/support/tenants.ts';
import { freeErasures } from './erasure-run.ts';
import { computeProof } from './report-erasure.ts';

const hourMs = 3_600_000;

let erasing: TestErasing;
let count = 0;
beforeAll(async () => {
  erasing = await startErasing();
});
afterAll(() => erasing?.[Symbol.asyncDispose]());

const scopes = [
  'inference:invoke',
  'tenants:write',
  'tenants:read',
  'completions:read',
  'usage:read',
] as const;
const newTenant = () => erasing.tenants.addTenant(`Tenant ${++count}`, scopes);
const newEndUser = () => `Ada-Lovelace-${++count}`;

/** Everything that there can be of an end user. */
async function fill({ caller, tenantId }: TestTenant, endUserId: string): Promise<void> {
  const { connection } = erasing.database;
  await erasing.call(
    { ...caller, payloadLogging: 'FULL' },
    {
      ...{ endUserId, idempotencyKey: `key of ${endUserId}`, cache: 'USE' },
      conversationId: `chat with ${endUserId}`,
      tags: ['checkout', `user:${endUserId.toLowerCase()}`],
      messages: [{ role: 'USER', content: `I am ${endUserId}.` }],
    },
  );
  await askForData(
    erasing.tenants.subgraph,
    caller,
    'mutation ($endUserId: String!) { createPageToken(input: { endUserId: $endUserId }) { token } }',
    { endUserId },
  );
  await askForData(
    erasing.tenants.subgraph,
    { ...caller, scopes: ['guardrails:write'] },
    'mutation ($endUserId: String!) { saveConsent(input: { endUserId: $endUserId, purposes: ["a"] }) { id } }',
    { endUserId },
  );
  await issuers(connection).updateOne(
    { _id: 'people' },
    {
      $setOnInsert: {
        ...{
          issuer: 'https://people.example',
          audience: ['a'],
          jwksUrl: null,
          rules: [],
          createdAt: new Date(),
        },
        claims: {
          ...{ subject: 'sub', email: 'email', tenant: null, role: null, groups: 'groups', scopes: 'scope' },
          endUser: 'user.id',
        },
      },
    },
    { upsert: true },
  );
  await sessions(connection).create({
    ...{ _id: `session-${++count}`, sessionHash: `${count}`, tenantId, keyId: null, issuerId: 'people' },
    ...{ subject: `subject of ${endUserId}`, claims: JSON.stringify({ user: { id: endUserId } }) },
    ...{ createdAt: new Date(), lastUsedAt: new Date(), expiresAt: new Date(Date.now() + hourMs) },
  });
}

/** Continues until the erasure has ended, past the time for which answers are cached. */
async function finish(id: string) {
  erasing.clock.laterMs = 0;
  await erasing.continue();
  erasing.clock.laterMs = 2 * hourMs;
  await erasing.continue();
  erasing.clock.laterMs = 0;
  return erasing.read(id);
}

const sumRows = async (tenantId: string) => {
  const rows = await invocations(erasing.database.connection).find({ tenantId }).sort({ _id: 1 }).lean();
  return rows.map(({ _id, usage, costNanos, modelId, status, startedAt, endedAt, appId, keyId }) => ({
    ...{ _id, usage, costNanos, modelId, status, startedAt, endedAt, appId, keyId },
  }));
};

describe('eraseEndUser', () => {
  it('leaves no trace of the end user, every amount of the ledger, and every other record as it was', async () => {
    const { connection } = erasing.database;
    const tenant = await newTenant();
    const [endUserId, other] = [newEndUser(), newEndUser()];
    await fill(tenant, endUserId);
    await fill(tenant, other);
    const foreign = await newTenant();
    await fill(foreign, endUserId);
    const [before, rows] = [await readStore(connection), await sumRows(tenant.tenantId)];

    const forgotten: unknown[] = [];
    await using _ = await erasing.parts.bus.subscribe('consents.changed', (one) => void forgotten.push(one));
    const id = await erasing.eraseEndUser(endUserId, tenant.caller);
    const record = await finish(id);
    // What processes remember of the consent ends too.
    expect(forgotten).toContainEqual({ tenantId: tenant.tenantId, endUserId });
    expect(record).toMatchObject({
      status: 'FINISHED',
      counts: {
        ...{ completions: 1, consents: 1, idempotencyKeys: 1, invocations: 1, pageTokens: 1 },
        ...{ payloads: 1, sessions: 1 },
      },
    });
    const traces = await findTraces(connection, [endUserId]);
    expect(traces.filter((trace) => !trace.includes(foreign.tenantId))).toEqual([]);
    expect(await sumRows(tenant.tenantId)).toEqual(rows);
    const after = await readStore(connection);
    const changed = [...before]
      .filter(([key, text]) => after.get(key) !== text)
      .map(([key]) => key.split(' ')[0]);
    expect(changed.toSorted()).toEqual([
      'completions',
      'consents',
      'idempotencyKeys',
      'invocations',
      'pageTokens',
      'payloads',
      'sessions',
    ]);
    const row = await invocations(connection)
      .findOne({ tenantId: tenant.tenantId, erased: 'END_USER' })
      .lean();
    expect(row).toMatchObject({ tags: ['checkout'], subject: null });
    for (const name of ['endUserId', 'conversationId', 'rating']) expect(row).not.toHaveProperty(name);
  });

  it('names no end user in the audit log and in events, which hold the proof of the report', async () => {
    const { connection } = erasing.database;
    const tenant = await newTenant();
    const endUserId = newEndUser();
    await fill(tenant, endUserId);
    const id = await erasing.eraseEndUser(endUserId, tenant.caller);
    const record = await finish(id);
    const recorded = await auditLog(connection).find({ targetId: id }).sort({ _id: 1 }).lean();
    expect(recorded.map(({ action, tenantId, after }) => ({ action, tenantId, after }))).toMatchObject([
      { action: 'endUser.erase', tenantId: tenant.tenantId },
      { action: 'erasure.finish', tenantId: tenant.tenantId, after: { proof: record.proof } },
    ]);
    const { tenantId } = tenant;
    expect(await events(connection).find({ subject: id }).lean()).toMatchObject([
      { type: 'erasure.finished', tenantId, data: { kind: 'END_USER', proof: record.proof } },
      { type: 'job.finished', tenantId, data: { job: 'ERASURE', tenantId } },
    ]);
    expect(record.subjectHash).toBe(hash('sha256', JSON.stringify([id, endUserId]), 'hex'));
    expect(record.proof).toBe(computeProof(record));
    expect(computeProof({ ...record, counts: { ...record.counts, invocations: 2 } })).not.toBe(record.proof);
    const problems: unknown[] = [];
    await verifyAuditLog(connection, {}, (problem) => problems.push(problem));
    expect(problems).toEqual([]);
  });

  it('is one erasure while it is in progress, and another one afterwards', async () => {
    const tenant = await newTenant();
    const endUserId = newEndUser();
    const [first, second] = await Promise.all([
      erasing.eraseEndUser(endUserId, tenant.caller),
      erasing.eraseEndUser(endUserId, tenant.caller),
    ]);
    expect(second).toBe(first);
    await finish(first);
    await erasing.call(tenant.caller, { endUserId });
    const third = await erasing.eraseEndUser(endUserId, tenant.caller);
    expect(third).not.toBe(first);
    expect(await finish(third)).toMatchObject({ counts: { invocations: 1 } });
  });

  it('waits for a call in progress, and for what may be cached of the last one', async () => {
    const tenant = await newTenant();
    const endUserId = newEndUser();
    const begun = Promise.withResolvers<ScriptedCall>();
    erasing.inference.alpha.always((call) => begun.resolve(call));
    const calling = erasing.call(tenant.caller, { endUserId });
    const call = await begun.promise;
    answerAlways(erasing.inference);
    const id = await erasing.eraseEndUser(endUserId, tenant.caller);
    await erasing.continue();
    expect(await erasing.read(id)).toMatchObject({ status: 'RUNNING', step: 'invocations' });
    call.say('late').finish(buildUsage(1, 1));
    await calling;
    erasing.clock.laterMs = 10_000;
    await erasing.continue();
    const waiting = await erasing.read(id);
    expect(waiting).toMatchObject({ status: 'RUNNING', counts: { invocations: 1, completions: 1 } });
    const ended = await invocations(erasing.database.connection)
      .findOne({ tenantId: tenant.tenantId })
      .lean();
    expect(waiting.dueAt).toEqual(new Date((ended?.endedAt?.getTime() ?? 0) + hourMs));
    const { erasure } = await askForData<{ erasure: object }>(
      erasing.tenants.subgraph,
      tenant.caller,
      'query ($id: ID!) { erasure(id: $id) { status step waitsUntil finishedAt proof } }',
      { id },
    );
    expect(erasure).toEqual({
      ...{ status: 'RUNNING', step: 'expiry', waitsUntil: waiting.dueAt.toISOString() },
      ...{ finishedAt: null, proof: null },
    });
    expect(await finish(id)).toMatchObject({ status: 'FINISHED', counts: { invocations: 1 } });
  });

  it('leaves calls that start after the request', async () => {
    const tenant = await newTenant();
    const endUserId = newEndUser();
    erasing.tenants.clock.ms = Date.now() - 60_000;
    const id = await erasing.eraseEndUser(endUserId, tenant.caller);
    erasing.tenants.clock.ms = null;
    const later = await erasing.call(tenant.caller, { endUserId });
    expect(await finish(id)).toMatchObject({ status: 'FINISHED', counts: {} });
    expect(await invocations(erasing.database.connection).findById(later).lean()).toMatchObject({
      endUserId,
    });
  });

  it('is continued by the processes of the parts, one after the other', async () => {
    const tenant = await newTenant();
    const endUserId = newEndUser();
    await fill(tenant, endUserId);
    const id = await erasing.eraseEndUser(endUserId, tenant.caller);
    await erasing.continue(['inference']);
    expect(await erasing.read(id)).toMatchObject({ step: 'pageTokens', counts: {} });
    await erasing.continue(['tenants']);
    const handedOver = await erasing.read(id);
    expect(handedOver).toMatchObject({ step: 'invocations', counts: { pageTokens: 1, sessions: 1 } });
    expect(handedOver).not.toHaveProperty('holder');
    erasing.clock.laterMs = 2 * hourMs;
    // Another round looks for what has come meanwhile.
    await erasing.continue(['inference', 'usage']);
    expect(await erasing.read(id)).toMatchObject({ step: 'pageTokens', status: 'RUNNING' });
    await erasing.continue(['tenants']);
    await erasing.continue(['inference', 'usage']);
    erasing.clock.laterMs = 0;
    expect(await erasing.read(id)).toMatchObject({ status: 'FINISHED', counts: { invocations: 1 } });
  });

  it('erases in batches, and more than one', async () => {
    const { connection } = erasing.database;
    const tenant = await newTenant();
    const endUserId = newEndUser();
    const model = await erasing.call(tenant.caller, { endUserId });
    const row = await invocations(connection).findById(model).lean();
    if (row === null) throw new Error('There is no row.');
    const copies = Array.from({ length: 450 }, (_, n) => ({ ...row, _id: `${row._id}-${n}` }));
    await invocations(connection).insertMany(copies);
    const id = await erasing.eraseEndUser(endUserId, tenant.caller);
    expect(await finish(id)).toMatchObject({ status: 'FINISHED', counts: { invocations: 451 } });
    expect(await invocations(connection).countDocuments({ endUserId })).toBe(0);
  });

  it('has the same result wherever its process is killed', { timeout: 300_000 }, async () => {
    const { connection } = erasing.database;
    const tenant = await newTenant();
    let isFinished = false;
    for (let writes = 0; !isFinished; writes++) {
      const endUserId = newEndUser();
      await fill(tenant, endUserId);
      const id = await erasing.eraseEndUser(endUserId, tenant.caller);
      erasing.clock.laterMs = 2 * hourMs;
      await killedAfter(connection, writes, () => erasing.continue());
      isFinished = (await erasing.read(id)).status === 'FINISHED';
      await freeErasures(connection);
      await erasing.continue();
      const record = await erasing.read(id);
      expect(record, `killed after ${writes} writes`).toMatchObject({
        status: 'FINISHED',
        counts: {
          completions: 1,
          idempotencyKeys: 1,
          invocations: 1,
          pageTokens: 1,
          payloads: 1,
          sessions: 1,
        },
        proof: computeProof(record),
      });
      expect(await findTraces(connection, [endUserId])).toEqual([]);
      const proofs = { action: 'erasure.finish', targetId: id, outcome: 'SUCCEEDED' } as const;
      expect(await auditLog(connection).countDocuments(proofs)).toBe(1);
      expect(await events(connection).countDocuments({ subject: id })).toBe(2);
      expect(writes).toBeLessThan(60);
    }
    erasing.clock.laterMs = 0;
  });

  it('is taken over by another process when the lease of a killed one has ended', async () => {
    const { connection } = erasing.database;
    const tenant = await newTenant();
    const id = await erasing.eraseEndUser(newEndUser(), tenant.caller);
    await erasures(connection).updateOne(
      { _id: id },
      { $set: { holder: 'another', leasedUntil: new Date(Date.now() + 60_000) } },
    );
    await erasing.continue();
    expect(await erasing.read(id)).toMatchObject({ status: 'RUNNING', holder: 'another' });
    erasing.clock.laterMs = 61_000;
    await erasing.continue();
    erasing.clock.laterMs = 0;
    expect(await erasing.read(id)).toMatchObject({ status: 'FINISHED' });
  });
});

describe('erasures', () => {
  it('are those of the own tenant; of every tenant with tenants:admin', async () => {
    const [tenant, foreign] = [await newTenant(), await newTenant()];
    const id = await erasing.eraseEndUser(newEndUser(), tenant.caller);
    const list = `query ($filter: ErasureFilter, $id: ID!) {
      erasures(filter: $filter) { totalCount edges { node { id kind tenantId status subjectHash } } } erasure(id: $id) { id }
    }`;
    const read = (caller: TestTenant['caller'], filter = {}) =>
      askForData<{ erasures: { edges: { node: { id: string } }[] }; erasure: { id: string } | null }>(
        erasing.tenants.subgraph,
        caller,
        list,
        { filter, id },
      );
    const ids = ({ erasures: { edges } }: Awaited<ReturnType<typeof read>>) =>
      edges.map(({ node }) => node.id);
    const own = await read(tenant.caller);
    expect([ids(own), own.erasure?.id]).toEqual([[id], id]);
    for (const filter of [{}, { tenantId: tenant.tenantId }]) {
      const seen = await read(foreign.caller, filter);
      expect([ids(seen), seen.erasure]).toEqual([[], null]);
    }
    const all = await read(erasing.tenants.admin, {
      tenantId: tenant.tenantId,
      status: 'RUNNING',
      kind: 'END_USER',
    });
    expect([ids(all), all.erasure?.id]).toEqual([[id], id]);
    expect(ids(await read(tenant.caller, { status: 'FINISHED' }))).toEqual([]);
  });

  it('are requested for the own tenant alone, with tenants:write, and a fit name', async () => {
    const [tenant, foreign] = [await newTenant(), await newTenant()];
    const refusal = async (caller: TestTenant['caller'], input: object) => {
      const query = 'mutation ($input: EraseEndUserInput!) { eraseEndUser(input: $input) { id } }';
      return (await ask(erasing.tenants.subgraph, caller, query, { input })).errors?.[0]?.code;
    };
    expect(await refusal(foreign.caller, { tenantId: tenant.tenantId, endUserId: 'a' })).toBe('NOT_FOUND');
    expect(await refusal({ ...tenant.caller, scopes: ['tenants:read'] }, { endUserId: 'a' })).toBe(
      'FORBIDDEN',
    );
    expect(await refusal(tenant.caller, { endUserId: ' ' })).toBe('BAD_USER_INPUT');
    expect(
      await refusal(erasing.tenants.admin, { tenantId: tenant.tenantId, endUserId: 'a' }),
    ).toBeUndefined();
  });

  it('of a tenant are bounded while they are in progress', async () => {
    const tenant = await newTenant();
    const counts = parseCountLimits('erasuresPerTenant=2');
    await using subgraph = createTenantsSubgraph({ ...erasing.tenants.deps, counts });
    const erase = (endUserId: string) =>
      ask(subgraph, tenant.caller, `mutation { eraseEndUser(input: { endUserId: "${endUserId}" }) { id } }`);
    const answers = [await erase('a'), await erase('b'), await erase('c'), await erase('b')];
    expect(answers.map(({ errors }) => errors?.[0]?.code)).toEqual([
      undefined,
      undefined,
      'CONFLICT',
      undefined,
    ]);
    await erasing.continue();
    expect((await erase('c')).errors).toBeUndefined();
  });
});
