import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { holdCalls } from '#inference/holding/hold-calls.ts';
import { openAuditSigner } from '#mongo/audit/keys.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { pruneAuditLog } from '#mongo/audit/retention.ts';
import { auditAnchors } from '#mongo/audit/turns.ts';
import { completions } from '#mongo/completions.ts';
import { events, eventsKept, settleEvents } from '#mongo/events.ts';
import { invocations } from '#mongo/invocations.ts';
import { legalHolds } from '#mongo/legal-holds.ts';
import { payloads } from '#mongo/payloads.ts';
import { testSecrets } from '#test/support/seal.ts';
import { findTraces, startErasing, type TestErasing } from '#test/support/setups/erasing.ts';
import { ask, askForData, testServices } from '#test/support/subgraph.ts';

const hourMs = 3_600_000;
/** So many hours from the beginning of this test. */
const toTime = (hours: number) => new Date(startedMs + hours * hourMs);
const startedMs = Date.now();
const scopes = [
  'inference:invoke',
  'tenants:write',
  'tenants:read',
  'completions:read',
  'usage:read',
] as const;

let erasing: TestErasing;
let caller: Caller;
let tenantId: string;
let count = 0;
/** How much later than now it is for the job; each run is a turn later. */
let laterMs = 0;
beforeAll(async () => {
  erasing = await startErasing();
});
afterAll(() => erasing?.[Symbol.asyncDispose]());
beforeEach(async () => {
  const tenant = await erasing.tenants.addTenant(`Tenant ${++count}`, scopes);
  ({ tenantId } = tenant);
  caller = { ...tenant.caller, payloadLogging: 'FULL' };
  await legalHolds(erasing.database.connection).deleteMany({});
});

const readConnection = () => erasing.database.connection;
const save =
  'mutation ($input: LegalHoldInput!) { saveLegalHold(input: $input) { id status tenantId byOperator } }';
const release = 'mutation ($id: ID!) { releaseLegalHold(id: $id) { id status releasedAt } }';
const erase = 'mutation ($endUserId: String!) { eraseEndUser(input: { endUserId: $endUserId }) { id } }';

async function hold(input: object = {}, as = caller): Promise<string> {
  const { saveLegalHold } = await askForData<{ saveLegalHold: { id: string } }>(
    erasing.tenants.subgraph,
    as,
    save,
    {
      input: { reason: 'a lawsuit', ...input },
    },
  );
  return saveLegalHold.id;
}

const releaseHold = (id: string, as = caller) => askForData(erasing.tenants.subgraph, as, release, { id });

/** One turn of the job. */
async function run(options: Partial<Parameters<typeof holdCalls>[0]> = {}): Promise<void> {
  laterMs += 60_000;
  await holdCalls({
    connection: readConnection(),
    events: testServices(erasing.database).events,
    now: () => Date.now() + laterMs,
    ...options,
  });
}

/** Of content and payload of a call, whether it would expire. */
async function readExpiring(id: string): Promise<readonly (boolean | null)[]> {
  const connection = readConnection();
  const records = await Promise.all([
    completions(connection).findById(id).lean(),
    payloads(connection).findById(id).lean(),
  ]);
  return records.map((record) => (record === null ? null : record.expiresAt !== undefined));
}

const expiring = [true, true];
const held = [false, false];

async function codes(query: string, variables: object, as = caller) {
  const { errors = [] } = await ask(
    erasing.tenants.subgraph,
    as,
    query,
    variables as Record<string, unknown>,
  );
  return errors.map(({ code }) => code);
}

describe('a legal hold', () => {
  it.each<[string, () => object, boolean]>([
    ['of the tenant', () => ({}), true],
    ['of the end user', () => ({ endUserId: 'ada' }), true],
    ['of another end user', () => ({ endUserId: 'eve' }), false],
    ['since an hour', () => ({ from: toTime(-1) }), true],
    ['until an hour ago', () => ({ to: toTime(-1) }), false],
    ['of a range', () => ({ from: toTime(-1), to: toTime(1) }), true],
    ['of the past and the end user', () => ({ endUserId: 'ada', to: toTime(-1) }), false],
  ])('%s keeps the calls that it is about, and no other, from expiring', async (_what, input, isHeld) => {
    const id = await erasing.call(caller, { endUserId: 'ada' });
    const foreign = await erasing.tenants.addTenant(`Foreign ${++count}`, scopes);
    const other = await erasing.call({ ...foreign.caller, payloadLogging: 'FULL' }, { endUserId: 'ada' });
    await hold(input());
    await run();
    expect(await readExpiring(id)).toEqual(isHeld ? held : expiring);
    expect(await readExpiring(other)).toEqual(expiring);
  });

  it('of an app is about its calls alone, and of no app of another tenant', async () => {
    const id = await erasing.call(caller);
    const other = await erasing.call({ ...caller, appId: 'another-app' });
    await hold({ appId: caller.appId });
    await run();
    expect(await readExpiring(id)).toEqual(held);
    expect(await readExpiring(other)).toEqual(expiring);
    const foreign = await erasing.tenants.addTenant(`Foreign ${++count}`, scopes);
    const input = { reason: 'r', appId: caller.appId };
    expect(await codes(save, { input }, foreign.caller)).toEqual(['NOT_FOUND']);
  });

  it('keeps calls that end later too', async () => {
    await hold();
    await run();
    const id = await erasing.call(caller);
    await run();
    expect(await readExpiring(id)).toEqual(expiring);
    laterMs += hourMs;
    await run();
    expect(await readExpiring(id)).toEqual(held);
  });

  it('is carried out from where a process has stopped', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push(await erasing.call(caller));
    await hold();
    const stopping = new AbortController();
    let turns = 0;
    await run({
      batchMax: 2,
      signal: stopping.signal,
      now: () => {
        if (++turns === 4) stopping.abort();
        return Date.now() + laterMs;
      },
    });
    const states = await Promise.all(ids.map(readExpiring));
    const done = states.filter(([content]) => content === false).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(5);
    const first = await legalHolds(readConnection()).findOne({}).lean();
    expect(first?.after).not.toBeNull();
    await run({ batchMax: 2 });
    expect(await Promise.all(ids.map(readExpiring))).toEqual(ids.map(() => held));
    expect((await legalHolds(readConnection()).findOne({}).lean())?.after).toBeNull();
  });

  it('that is released lets calls expire at the date that they had, but not those of another hold', async () => {
    const ofAda = await erasing.call(caller, { endUserId: 'ada' });
    const ofEve = await erasing.call(caller, { endUserId: 'eve' });
    const before = await payloads(readConnection()).findById(ofEve).lean();
    const all = await hold();
    await hold({ endUserId: 'ada' });
    await run();
    expect(await readExpiring(ofEve)).toEqual(held);
    expect(await releaseHold(all)).toMatchObject({ releaseLegalHold: { status: 'RELEASING' } });
    await run();
    expect(await readExpiring(ofAda)).toEqual(held);
    expect(await readExpiring(ofEve)).toEqual(expiring);
    const after = await payloads(readConnection()).findById(ofEve).lean();
    expect(after?.expiresAt).toEqual(before?.expiresAt);
    expect(after).not.toHaveProperty('heldExpiresAt');
    expect(await releaseHold(all)).toMatchObject({ releaseLegalHold: { status: 'RELEASED' } });
  });

  it('is reported once when its calls are held, and once when they are released, also where the process is killed after that', async () => {
    const id = await hold();
    const killed = { record: () => Promise.reject(new Error('killed')) };
    await expect(run({ events: killed })).rejects.toThrow('killed');
    const free = { $unset: { holder: 1, leasedUntil: 1 } } as const;
    await auditAnchors(readConnection()).updateOne({ _id: 'legal-holds' }, free);
    await run();
    laterMs += hourMs;
    await run();
    await releaseHold(id);
    await run();
    await run();
    const found = await events(readConnection()).find({ type: 'job.finished', subject: id }).lean();
    expect(found.map((event) => [event.tenantId, event.data.job])).toEqual([
      [tenantId, 'LEGAL_HOLD'],
      [tenantId, 'LEGAL_HOLD_RELEASE'],
    ]);
  });

  it('lets its tenant alone read a payload that would have expired', async () => {
    const id = await erasing.call(caller);
    await hold();
    await run();
    const { connection } = erasing.database;
    await invocations(connection).updateOne({ _id: id }, { $set: { payloadUntil: new Date(0) } });
    const reader = { ...caller, scopes: [...caller.scopes, 'logs:read'] };
    const query = `{ _entities(representations: [{ __typename: "Invocation", id: "invocation:${id}" }]) { ... on Invocation { request payloadState } } }`;
    const read = async (as: Caller) => JSON.stringify(await erasing.inference.ask(query, {}, as));
    expect(await read(reader)).toContain('Hello.');
    const foreign = (await erasing.tenants.addTenant(`Foreign ${++count}`, [...scopes, 'logs:read'])).caller;
    expect(await read(foreign)).not.toContain('Hello.');
    await payloads(connection).updateOne({ _id: id }, { $rename: { heldExpiresAt: 'expiresAt' } });
    expect(await read(reader)).toContain('EXPIRED');
  });

  it('names its end user neither in the audit log nor once it is released', async () => {
    const endUserId = `Ada-Lovelace-${++count}`;
    const id = await hold({ endUserId });
    const traces = () => findTraces(readConnection(), [endUserId]);
    expect((await traces()).map((trace) => trace.split(':')[0])).toEqual(['legal_holds']);
    await releaseHold(id);
    await run();
    expect(await traces()).toEqual([]);
  });
});

describe('under a legal hold', () => {
  it.each<[string, object, readonly string[]]>([
    ['of the tenant', {}, ['CONFLICT']],
    ['of the end user', { endUserId: 'ada' }, ['CONFLICT']],
    ['of a time', { to: new Date(0) }, ['CONFLICT']],
    ['of another end user', { endUserId: 'eve' }, []],
  ])('%s an end user is erased or not', async (_what, input, expected) => {
    const id = await hold(input);
    const { errors = [] } = await ask(erasing.tenants.subgraph, caller, erase, { endUserId: 'ada' });
    expect(errors.map(({ code }) => code)).toEqual(expected);
    if (expected.length > 0) expect(errors[0]?.message).toContain(id);
    await releaseHold(id);
    expect(await codes(erase, { endUserId: 'ada' })).toEqual([]);
  });

  it('no tenant is erased', async () => {
    const id = await hold({ endUserId: 'eve' });
    const operator = {
      ...caller,
      tenantId: 'operators',
      scopes: ['tenants:admin', 'tenants:write', 'tenants:read'],
    };
    const query =
      'mutation ($id: ID!, $name: String!) { eraseTenant(input: { id: $id, name: $name }) { id } }';
    const variables = { id: tenantId, name: `Tenant ${count}` };
    expect(await codes(query, variables, operator)).toEqual(['CONFLICT']);
    await releaseHold(id);
    expect(await codes(query, variables, operator)).toEqual([]);
  });

  it('an erasure in progress waits, and continues when the hold is released', async () => {
    const call = await erasing.call(caller, { endUserId: 'ada' });
    const erasure = await erasing.eraseEndUser('ada', caller);
    const id = await hold({ endUserId: 'ada' });
    await erasing.continue();
    expect((await erasing.read(erasure)).counts).toEqual({});
    expect((await invocations(readConnection()).findById(call).lean())?.endUserId).toBe('ada');
    await releaseHold(id);
    erasing.clock.laterMs += 2 * 60_000;
    await erasing.continue();
    expect((await invocations(readConnection()).findById(call).lean())?.endUserId).toBeUndefined();
  });

  it('a completion is not deleted', async () => {
    const call = await erasing.call(caller);
    const id = await hold();
    const query = 'mutation ($id: ID!) { deleteCompletion(id: $id) }';
    expect(await erasing.inference.refusal(query, { id: call }, caller)).toMatchObject({
      code: 'CONFLICT',
      reason: 'LEGAL_HOLD',
    });
    expect(await completions(readConnection()).findById(call).lean()).not.toBeNull();
    await releaseHold(id);
    expect(await erasing.inference.data(query, { id: call }, caller)).toEqual({ deleteCompletion: call });
  });

  it('the audit log of the tenant is not pruned, and that of others is', async () => {
    const connection = readConnection();
    const foreign = await erasing.tenants.addTenant(`Foreign ${++count}`, scopes);
    const released = await hold({}, foreign.caller);
    await releaseHold(released, foreign.caller);
    await hold();
    await hold({ endUserId: 'ada' });
    const countRecords = (of: string) => auditLog(connection).countDocuments({ tenantId: of });
    const before = await countRecords(tenantId);
    expect(before).toBeGreaterThan(1);
    expect(await countRecords(foreign.tenantId)).toBeGreaterThan(1);
    const signer = await openAuditSigner(connection, testSecrets);
    await pruneAuditLog(connection, { nowMs: Date.now() + 400 * 24 * hourMs, changesKeptMs: hourMs, signer });
    expect(await countRecords(tenantId)).toBe(before);
    expect(await countRecords(foreign.tenantId)).toBe(1);
  });

  it('events of the tenant are not removed, and those of others are', async () => {
    const connection = readConnection();
    const old = toTime(-1 - eventsKept.ms / hourMs);
    const event = (_id: string, sequence: number, of: string) => ({
      ...{ _id, sequence, type: 't', at: old, tenantId: of, subject: null, data: {} },
    });
    await events(connection).deleteMany({});
    await hold();
    await events(connection).deleteMany({});
    await events(connection).insertMany([
      event('held', 1, tenantId),
      event('free', 2, 'other'),
      event('last', 3, 'other'),
    ]);
    await settleEvents(connection, new Date(), Date.now());
    expect(await events(connection).distinct('_id')).toEqual(['held', 'last']);
  });
});

describe('legal holds', () => {
  const list = '{ legalHolds { edges { node { id tenantId reason } } } }';

  it('are seen and released by their tenant and by operators alone', async () => {
    const id = await hold();
    const foreign = (await erasing.tenants.addTenant(`Foreign ${++count}`, scopes)).caller;
    const read = async (as: Caller) =>
      (
        await askForData<{ legalHolds: { edges: { node: { id: string } }[] } }>(
          erasing.tenants.subgraph,
          as,
          list,
        )
      ).legalHolds.edges.map(({ node }) => node.id);
    expect(await read(caller)).toEqual([id]);
    expect(await read(foreign)).toEqual([]);
    expect(await codes(release, { id }, foreign)).toEqual(['NOT_FOUND']);
    expect(await codes(save, { input: { reason: 'r', tenantId } }, foreign)).toEqual(['NOT_FOUND']);
    for (const query of [list, save, release]) {
      expect(await codes(query, { id, input: { reason: 'r' } }, anonymousCaller)).toEqual([
        'UNAUTHENTICATED',
      ]);
    }
    expect(await codes(release, { id }, { ...caller, scopes: ['tenants:read'] })).toEqual(['FORBIDDEN']);
  });

  it('of an operator are not released by the tenant', async () => {
    const operator = {
      ...caller,
      tenantId: 'operators',
      scopes: ['tenants:admin', 'tenants:write', 'tenants:read'],
    };
    const id = await hold({ tenantId }, operator);
    expect(await codes(release, { id })).toEqual(['FORBIDDEN']);
    expect(await codes(release, { id }, operator)).toEqual([]);
  });

  it.each([
    ['an empty reason', { reason: '' }],
    ['a long reason', { reason: 'x'.repeat(501) }],
    ['a range that ends before it begins', { reason: 'r', from: new Date(2), to: new Date(1) }],
    ['an empty end user', { reason: 'r', endUserId: '' }],
  ])('with %s are refused', async (_what, input) => {
    expect(await codes(save, { input })).toEqual(['BAD_USER_INPUT']);
  });

  it('have one turn of the job at a time', async () => {
    await hold();
    await run();
    expect(await auditAnchors(readConnection()).findById('legal-holds').lean()).not.toHaveProperty('holder');
  });
});
