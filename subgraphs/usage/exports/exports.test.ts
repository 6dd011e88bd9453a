import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLog } from '#mongo/audit/log.ts';
import { invocations } from '#mongo/invocations.ts';
import { personalDimensions } from '#mongo/usage/dimensions.ts';
import { usageExportParts } from '#mongo/usage-export-parts.ts';
import { usageExports } from '#mongo/usage-exports.ts';
import { askForData, testCaller } from '#test/support/subgraph.ts';
import {
  deleteExport,
  exportRange,
  readExport,
  startExport,
  UsageExports,
} from '#test/support/usage-exports.ts';
import { openUsageMesh, type UsageMesh } from '#test/support/usage-mesh.ts';
import { createUsageErasers } from '../erasers.ts';

const acme = testCaller('acme', 'usage:read', 'tenants:write');
const other = testCaller('other', 'usage:read', 'tenants:write');
const everyone = testCaller('root', 'tenants:admin', 'tenants:write', 'usage:read');
let mesh: UsageMesh;
beforeAll(async () => {
  mesh = await openUsageMesh();
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const { start, read, download } = new UsageExports(() => mesh);

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
    const answer = await askForData<{ usage: Bucket[] }>(mesh.subgraph, acme, usage, exportRange);
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
      .filter(({ startedAt }) => startedAt < new Date(exportRange.to))
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
    ['a range that begins within a day', { from: '2026-01-01T00:00:01Z' }, 'input.from'],
    ['a range that ends within a day', { to: '2026-02-28T23:59:59Z' }, 'input.from'],
  ])('takes no %s', async (_what, input, field) => {
    const refusal = await mesh.refusal(acme, startExport, {
      input: { ...exportRange, format: 'FOCUS', ...input },
    });
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
      expect(await mesh.refusal(caller, deleteExport, { id: of })).toMatch(/^NOT_FOUND/);
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
    // The newest first.
    expect((await list(everyone)).filter((one) => [id, all.id].includes(one))).toEqual([all.id, id]);
    const unscoped = testCaller('acme', 'inference:invoke', 'tenants:write');
    expect(await mesh.refusal(unscoped, readExport, { id, number: 0 })).toMatch(/^FORBIDDEN/);
    const reading = testCaller('acme', 'usage:read');
    expect(await read(reading, id)).toMatchObject({ id });
    expect(await mesh.refusal(reading, deleteExport, { id })).toMatch(/^FORBIDDEN/);
    expect(await mesh.refusal(reading, startExport, { input: exportRange })).toMatch(/^FORBIDDEN/);
  });

  it('is refused for calls that the caller does not see, or sees in part', async () => {
    const foreign = { input: { ...exportRange, filter: { tenantId: 'other' } } };
    expect(await mesh.refusal(acme, startExport, foreign)).toMatch(/^FORBIDDEN/);
    expect(await mesh.refusal({ ...acme, endUserId: 'ada' }, startExport, { input: exportRange })).toMatch(
      /^FORBIDDEN/,
    );
    const reversed = { input: { from: exportRange.to, to: exportRange.from } };
    expect(await mesh.refusal(acme, startExport, reversed)).toMatch(/^BAD_USER_INPUT: from/);
  });

  it('is refused for a range that is not over: what is called later would be missing in a file that is whole', async () => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    for (const format of ['CSV', 'FOCUS']) {
      const to = `${at(86_400_000).slice(0, 10)}T00:00:00Z`;
      const refusal = await mesh.refusal(acme, startExport, {
        input: { from: exportRange.from, to, format },
      });
      expect(refusal).toMatch(/^BAD_USER_INPUT: input.to must not lie in the future/);
    }
    expect(await start(acme, { to: at(-1_000) })).toMatchObject({ id: expect.any(String) });
  });

  it('is in the audit log without what may name an end user, and ends after a week', async () => {
    const caller = testCaller('audited', 'usage:read', 'tenants:write');
    const { connection } = mesh.database;
    const personal = { endUserId: 'ada-1', conversationId: 'ada-2', tag: 'ada-3', experiment: 'ada-4' };
    const filter = { ...personal, appId: 'app1', status: 'FAILED' };
    const { id } = await start(caller, { by: ['MODEL', 'END_USER', 'MODEL'], filter });
    const record = await usageExports(connection).findById(id).lean();
    expect((record?.expiresAt.getTime() ?? 0) - (record?.createdAt.getTime() ?? 0)).toBe(7 * 86_400_000);
    await askForData(mesh.subgraph, caller, deleteExport, { id });
    const exported = await auditLog(connection)
      .find({ action: /^usageExport\./ })
      .lean();
    const records = exported.filter(({ targetId }) => targetId === id);
    const redacted = Object.fromEntries(personalDimensions.map((dimension) => [dimension, '[redacted]']));
    const shown = { tenantId: 'audited', by: ['MODEL', 'END_USER'] };
    const audited = { ...shown, filter: { ...redacted, APP: ['app1'], STATUS: ['FAILED'] } };
    expect(records.map(({ before, after }) => before ?? after)).toMatchObject([audited, audited]);
    expect(JSON.stringify(records)).not.toContain('ada-');
  });

  it('is deleted with its file', async () => {
    const { id } = await start(acme, {});
    await download(acme, id);
    await askForData(mesh.subgraph, acme, deleteExport, { id });
    expect(await read(acme, id)).toBeNull();
    expect(await usageExportParts(mesh.database.connection).countDocuments({ exportId: id })).toBe(0);
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
