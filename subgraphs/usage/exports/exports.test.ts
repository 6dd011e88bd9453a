import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { events } from '#mongo/events.ts';
import { invocations } from '#mongo/invocations.ts';
import { usageExportParts } from '#mongo/usage-export-parts.ts';
import { type UsageExportRecord, usageExports } from '#mongo/usage-exports.ts';
import { askForData, testCaller } from '#test/support/subgraph.ts';
import { openUsageMesh, row, type UsageMesh } from '#test/support/usage-mesh.ts';
import { createUsageErasers } from '../erasers.ts';
import { continueExports } from './run-exports.ts';
import { exportBounds } from './write-step.ts';

const acme = testCaller('acme', 'usage:read', 'tenants:write');
const other = testCaller('other', 'usage:read', 'tenants:write');
const everyone = testCaller('root', 'tenants:admin', 'tenants:write', 'usage:read');
let mesh: UsageMesh;
beforeAll(async () => {
  mesh = await openUsageMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const fields = 'id tenant { id } status until rows bytes parts errorCode error finishedAt';
const START = `mutation ($input: UsageExportInput!) { startUsageExport(input: $input) { ${fields} } }`;
const READ = `query ($id: ID!, $number: Int!) { usageExport(id: $id) { ${fields} part(number: $number) } }`;
const DELETE = 'mutation ($id: ID!) { deleteUsageExport(id: $id) }';
const range = { from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };

interface Export {
  readonly id: string;
  readonly tenant: { readonly id: string } | null;
  readonly status: string;
  readonly rows: number;
  readonly bytes: number;
  readonly parts: number;
  readonly error: string | null;
  readonly part: string | null;
}

const start = async (caller: typeof acme, input: object) =>
  (
    await askForData<{ startUsageExport: Export }>(mesh.subgraph, caller, START, {
      input: { ...range, ...input },
    })
  ).startUsageExport;
const read = async (caller: typeof acme, id: string, number = 0) =>
  (await askForData<{ usageExport: Export | null }>(mesh.subgraph, caller, READ, { id, number })).usageExport;

/** The lines of the whole file, as a client reads it. */
async function download(caller: typeof acme, id: string): Promise<string> {
  const ended = await vi.waitFor(async () => {
    const found = await read(caller, id);
    expect(found?.status).not.toBe('RUNNING');
    return found;
  }, 20_000);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', error: null });
  const texts: string[] = [];
  for (let number = 0; number < (ended?.parts ?? 0); number += 1) {
    texts.push((await read(caller, id, number))?.part ?? '');
  }
  const text = texts.join('');
  expect(Buffer.byteLength(text)).toBe(ended?.bytes);
  expect(text.split('\r\n')).toHaveLength((ended?.rows ?? 0) + 2);
  return text;
}

const toRecords = (text: string) => {
  const [header = [], ...lines] = text
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  return lines.map((line) => Object.fromEntries(header.map((name, at) => [name, line[at]])));
};

describe('an export as CSV', () => {
  it('has the buckets of usage, in its order, with every field', async () => {
    const amounts =
      'requests failures cacheHits inputTokens outputTokens cost unpricedRequests savedByCache savedByRouting latencyMsP50 latencyMsP95';
    const usage = `query ($from: DateTime!, $to: DateTime!) {
      usage(from: $from, to: $to, interval: DAY, by: [MODEL, PROMPT]) { start keys ${amounts} }
    }`;
    type Bucket = { readonly keys: Readonly<Record<string, string | null>> } & Readonly<
      Record<string, unknown>
    >;
    const answer = await askForData<{ usage: Bucket[] }>(mesh.subgraph, acme, usage, range);
    const { id } = await start(acme, { by: ['MODEL', 'PROMPT'] });
    const records = toRecords(await download(acme, id));
    expect(records).toHaveLength(4);
    expect(records).toEqual(
      answer.usage.map(({ keys, ...bucket }) =>
        Object.fromEntries(
          Object.entries({ start: bucket.start, ...keys, ...bucket }).map(([name, value]) => [
            name,
            value === null ? '' : String(value),
          ]),
        ),
      ),
    );
  });

  it('is of the calls that match, and of one bucket with the interval ALL', async () => {
    const { id } = await start(acme, { interval: 'ALL', filter: { appId: 'app2' } });
    expect(toRecords(await download(acme, id))).toMatchObject([{ start: '', requests: '1' }]);
  });

  it('is of all tenants for operators, or of the one that they name, whose people may read it then', async () => {
    const all = await start(everyone, { interval: 'MONTH', by: ['TENANT'] });
    expect(all.tenant).toBeNull();
    const records = toRecords(await download(everyone, all.id));
    expect(records.map(({ tenant, requests }) => [tenant, requests])).toEqual([
      ['acme', '3'],
      ['other', '1'],
      ['acme', '2'],
    ]);
    const one = await start(everyone, { filter: { tenantId: 'other' } });
    expect(one.tenant).toEqual({ id: 'other' });
    expect(toRecords(await download(other, one.id))).toMatchObject([{ requests: '1' }]);
  });
});

describe('an export as FOCUS 1.2', () => {
  const mandatory = [
    ...['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd'],
    ...['BillingPeriodStart', 'ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargePeriodEnd'],
    ...['ChargePeriodStart', 'ContractedCost', 'EffectiveCost', 'InvoiceIssuerName', 'ListCost'],
    ...['PricingQuantity', 'PricingUnit', 'ProviderName', 'PublisherName', 'ServiceCategory', 'ServiceName'],
  ];
  /** Mandatory columns that may be null. */
  const nullable = new Set(['BillingAccountName', 'ChargeClass']);

  it('has every mandatory column, filled where the specification requires it, and adds up to the ledger', async () => {
    const { id } = await start(acme, { format: 'FOCUS' });
    const records = toRecords(await download(acme, id));
    expect(records).toHaveLength(4);
    for (const record of records) {
      expect(mandatory.filter((name) => record[name] === undefined)).toEqual([]);
      expect(mandatory.filter((name) => record[name] === '' && !nullable.has(name))).toEqual([]);
      expect(record.ChargeCategory).toBe('Usage');
    }
    const nanos = (text = '') => BigInt(text.replace('.', ''));
    const rows = await invocations(mesh.database.connection).find({ tenantId: 'acme' }).lean();
    const spent = rows
      .filter(({ startedAt }) => startedAt < new Date(range.to))
      .reduce((sum, { costNanos }) => sum + BigInt(costNanos), 0n);
    expect(records.reduce((sum, { BilledCost }) => sum + nanos(BilledCost), 0n)).toBe(spent);
    expect(records[0]).toMatchObject({
      ...{ BillingAccountId: 'acme', SubAccountId: 'app1', ResourceId: 'k1', ResourceType: 'API key' },
      ...{ BillingPeriodStart: '2026-01-01T00:00:00Z', BillingPeriodEnd: '2026-02-01T00:00:00Z' },
      ...{ ChargePeriodStart: '2026-01-01T00:00:00Z', ChargePeriodEnd: '2026-01-02T00:00:00Z' },
      ...{ ProviderName: 'demo', ServiceName: 'demo/echo', SkuId: 'demo/echo', BillingCurrency: 'USD' },
      ...{ BilledCost: '0.000123400', ConsumedQuantity: '30', ConsumedUnit: 'Tokens', x_Requests: '2' },
    });
  });

  it.each([
    ['dimensions', { by: ['MODEL'] }, 'input.by'],
    ['an interval', { interval: 'HOUR' }, 'input.by'],
    ['a range that cuts a day', { from: '2026-01-01T00:00:01Z' }, 'input.from'],
  ])('takes no %s', async (_what, input, field) => {
    const refusal = await mesh.refusal(acme, START, { input: { ...range, format: 'FOCUS', ...input } });
    expect(refusal).toMatch(new RegExp(`^BAD_USER_INPUT: ${field} `));
  });
});

describe('an export', () => {
  it('is seen by callers that see all of its calls', async () => {
    const { id } = await start(acme, {});
    await download(acme, id);
    const all = await start(everyone, {});
    const bound = { ...acme, endUserId: 'ada' };
    for (const [caller, of] of [
      [other, id],
      [bound, id],
      [acme, all.id],
      [{ ...everyone, endUserId: 'ada' }, all.id],
    ] as const) {
      expect(await read(caller, of)).toBeNull();
      expect(await mesh.refusal(caller, DELETE, { id: of })).toMatch(/^NOT_FOUND/);
    }
    expect(await read(everyone, id)).toMatchObject({ id });
    const list = async (caller: typeof acme) => {
      type Answer = { readonly usageExports: readonly { readonly id: string }[] };
      const { usageExports: found } = await askForData<Answer>(
        mesh.subgraph,
        caller,
        'query { usageExports { id } }',
      );
      return found.map((one) => one.id);
    };
    expect(await list(testCaller('stranger', 'usage:read'))).toEqual([]);
    expect(await list(bound)).toEqual([]);
    expect(await list(acme)).toContain(id);
    expect(await list(acme)).not.toContain(all.id);
    expect(await list(everyone)).toEqual(expect.arrayContaining([id, all.id]));
    const unscoped = testCaller('acme', 'inference:invoke', 'tenants:write');
    expect(await mesh.refusal(unscoped, READ, { id, number: 0 })).toMatch(/^FORBIDDEN/);
    const reading = testCaller('acme', 'usage:read');
    expect(await read(reading, id)).toMatchObject({ id });
    expect(await mesh.refusal(reading, DELETE, { id })).toMatch(/^FORBIDDEN/);
    expect(await mesh.refusal(reading, START, { input: range })).toMatch(/^FORBIDDEN/);
  });

  it('is refused for calls that the caller does not see, or sees in part', async () => {
    const foreign = { input: { ...range, filter: { tenantId: 'other' } } };
    expect(await mesh.refusal(acme, START, foreign)).toMatch(/^FORBIDDEN/);
    expect(await mesh.refusal({ ...acme, endUserId: 'ada' }, START, { input: range })).toMatch(/^FORBIDDEN/);
    const reversed = { input: { from: range.to, to: range.from } };
    expect(await mesh.refusal(acme, START, reversed)).toMatch(/^BAD_USER_INPUT: from/);
  });

  it('is refused for a range that is not over: what is called later would be missing in a file that is whole', async () => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    for (const format of ['CSV', 'FOCUS']) {
      const to = `${at(86_400_000).slice(0, 10)}T00:00:00Z`;
      const refusal = await mesh.refusal(acme, START, { input: { from: range.from, to, format } });
      expect(refusal).toMatch(/^BAD_USER_INPUT: input.to must not lie in the future/);
    }
    expect(await start(acme, { to: at(-1_000) })).toMatchObject({ id: expect.any(String) });
  });

  it('is deleted with its file', async () => {
    const { id } = await start(acme, {});
    await download(acme, id);
    await askForData(mesh.subgraph, acme, DELETE, { id });
    expect(await read(acme, id)).toBeNull();
    expect(await usageExportParts(mesh.database.connection).countDocuments({ exportId: id })).toBe(0);
  });
});

describe('an export whose process dies', () => {
  // The jobs of the mesh use the present time, by which these are not due.
  const nowMs = Date.UTC(2098, 5, 1);
  const bounds = { ...exportBounds, partChars: 200 };
  let expected: string;

  const insert = async (_id: string, rest: Partial<UsageExportRecord> = {}) => {
    const at = new Date(nowMs);
    await usageExports(mesh.database.connection).create({
      ...{ _id, tenantId: 'busy', format: 'CSV', from: new Date('2026-04-01'), to: new Date('2026-04-04') },
      ...{ interval: 'DAY', by: ['KEY'], filter: {}, status: 'RUNNING', until: new Date('2026-04-01') },
      ...{ parts: 0, rows: 0, bytes: 0, runs: [], leaseUntil: at, createdAt: at },
      ...{ expiresAt: new Date('2099-01-01'), ...rest },
    });
  };
  const busy = testCaller('busy', 'usage:read');
  const run = (now: () => number, rest: object = {}) =>
    continueExports({ ...mesh.services, connection: mesh.database.connection, now, bounds, ...rest });
  const find = (_id: string) => usageExports(mesh.database.connection).findById(_id).lean();
  const findJobs = async (subject: string) => {
    const where = { type: 'job.finished', subject, sequence: { $gt: 0 } };
    const found = await events(mesh.database.connection).find(where).lean();
    return found.map(({ tenantId, data }) => [tenantId, data.job, data.status]);
  };

  beforeAll(async () => {
    await invocations(mesh.database.connection).insertMany(
      Array.from({ length: 60 }, (_, n) =>
        row(`busy${n}`, `2026-04-0${1 + (n % 3)}T00:00:00Z`, { tenantId: 'busy', keyId: `key${n}` }),
      ),
    );
    await insert('whole');
    await run(() => nowMs);
    expected = await download(busy, 'whole');
  });

  it('is continued by another one where it was, once its lease has ended, and has the same file', async () => {
    await insert('killed');
    let reads = 0;
    // Dies with the second day written, and not recorded.
    await run(() => {
      reads += 1;
      if (reads === 3) throw new Error('The process ends here.');
      return nowMs;
    });
    const left = await find('killed');
    expect(left).toMatchObject({
      status: 'RUNNING',
      until: new Date('2026-04-02'),
      runs: [{ firstPart: 0 }],
    });
    const written = () => usageExportParts(mesh.database.connection).countDocuments({ exportId: 'killed' });
    expect(await written()).toBeGreaterThan(left?.parts ?? 0);
    expect(await run(() => nowMs + 60_000)).toBe(0);
    expect(await run(() => nowMs + 121_000)).toBe(1);
    expect(await download(busy, 'killed')).toBe(expected);
    expect((await find('killed'))?.runs).toMatchObject([{ firstPart: 0 }, { firstPart: left?.parts }]);
    expect(await findJobs('killed')).toEqual([['busy', 'USAGE_EXPORT', 'SUCCEEDED']]);
  });

  it('is not changed by a process that was taken for dead', async () => {
    await insert('contested');
    let reads = 0;
    const claims: Promise<unknown>[] = [];
    const claim = {
      $set: { leaseUntil: new Date(nowMs + 300_000) },
      $push: { runs: { id: 'next', firstPart: 1_000 } },
    };
    // Taken over with the second day written, and not recorded.
    await run(() => {
      reads += 1;
      if (reads === 3)
        claims.push(usageExports(mesh.database.connection).updateOne({ _id: 'contested' }, claim).exec());
      return nowMs;
    });
    await Promise.all(claims);
    expect(await find('contested')).toMatchObject({ status: 'RUNNING', until: new Date('2026-04-02') });
    await run(() => nowMs + 300_000);
    expect(await download(busy, 'contested')).toBe(expected);
  });

  it('fails where no process ends it', async () => {
    await insert('hopeless', { runs: Array.from({ length: 10 }, (_, n) => ({ id: `r${n}`, firstPart: 0 })) });
    await run(() => nowMs);
    expect(await read(busy, 'hopeless')).toMatchObject({ status: 'FAILED', errorCode: 'INTERNAL' });
    expect(await findJobs('hopeless')).toEqual([['busy', 'USAGE_EXPORT', 'FAILED']]);
  });

  it.each([
    ['lines of a day', { groupsMax: 5 }, /buckets/],
    ['bytes', { bytesMax: 500 }, /500 bytes/],
  ])('fails with too many %s, and states what to do', async (what, bound, message) => {
    await insert(what);
    await run(() => nowMs, { bounds: { ...bounds, ...bound } });
    expect(await read(busy, what)).toMatchObject({
      ...{ status: 'FAILED', errorCode: 'BAD_USER_INPUT', error: expect.stringMatching(message) },
    });
  });

  it('leaves no part of an export that is deleted while it is written', async () => {
    await insert('gone');
    let reads = 0;
    const remove = usageExports(mesh.database.connection);
    const deletions: Promise<unknown>[] = [];
    await run(() => {
      reads += 1;
      if (reads === 2) deletions.push(remove.deleteOne({ _id: 'gone' }).exec());
      return nowMs;
    });
    await Promise.all(deletions);
    expect(await usageExportParts(mesh.database.connection).countDocuments({ exportId: 'gone' })).toBe(0);
    expect(await findJobs('gone')).toEqual([]);
  });
});

describe('an erasure', () => {
  const erase = async (kind: 'TENANT' | 'END_USER') => {
    const subject = { _id: 'e', kind, tenantId: 'acme', endUserId: 'ada', requestedAt: new Date() };
    for (const eraser of Object.values(createUsageErasers({ connection: mesh.database.connection })[kind])) {
      const { found } = await eraser.find(subject, null, 1_000);
      await eraser.erase(subject, found);
    }
  };
  const listLeft = async (ids: readonly string[]) => {
    const { connection } = mesh.database;
    const left = await usageExports(connection).distinct('_id', { _id: { $in: ids } });
    const parts = await usageExportParts(connection).distinct('exportId', { exportId: { $in: ids } });
    expect(parts.toSorted()).toEqual(left.toSorted());
    return ids.map((id) => left.includes(id));
  };

  it('takes the exports that may name an end user, then those of the tenant, and none of others', async () => {
    const callers = [
      [acme, { by: ['END_USER'] }],
      [acme, { filter: { tag: 'ada' } }],
      [acme, { by: ['CONVERSATION'] }],
      [acme, { filter: { experiment: 'ada' } }],
      [everyone, { by: ['TAG'] }],
      [acme, { by: ['MODEL'] }],
      [everyone, { by: ['TENANT'] }],
      [other, { by: ['END_USER'] }],
    ] as const;
    const ids: string[] = [];
    for (const [caller, input] of callers) {
      const { id } = await start(caller, input);
      await download(caller, id);
      ids.push(id);
    }
    // What a process writes after its export is deleted.
    await usageExportParts(mesh.database.connection).create({
      ...{ _id: 'stray', exportId: 'deleted', text: 'ada', expiresAt: new Date('2099-01-01') },
    });
    await erase('END_USER');
    expect(await listLeft(ids)).toEqual([false, false, false, false, false, true, true, true]);
    expect(await usageExportParts(mesh.database.connection).exists({ _id: 'stray' })).toBeNull();
    await erase('TENANT');
    expect(await listLeft(ids)).toEqual([...new Array(7).fill(false), true]);
  });
});
