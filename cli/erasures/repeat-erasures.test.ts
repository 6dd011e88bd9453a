import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { erasures } from '#mongo/erasures.ts';
import { tenants } from '#mongo/tenants.ts';
import { listReports } from '#server/erasure/erasure-reports.ts';
import { freeErasures } from '#server/erasure/erasure-run.ts';
import { repeatTenantErasure } from '#subgraphs/tenants/erasure/repeat-erasure.ts';
import { killedAfter } from '#test/support/processes/killed.ts';
import { findTraces, startErasing, type TestErasing } from '#test/support/setups/erasing.ts';
import { askForData } from '#test/support/subgraph.ts';
import type { TestTenant } from '#test/support/tenants.ts';
import { readErasures } from './read-erasures.ts';
import { repeatErasures } from './repeat-erasures.ts';

const hourMs = 3_600_000;
let erasing: TestErasing;
let dir: string;
let now: Date;
let count = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-erasures-'));
  erasing = await startErasing();
});
afterAll(async () => {
  await erasing?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

/** Two tenants, and an end user in the second one. */
interface Filled {
  readonly gone: TestTenant & { readonly name: string };
  readonly kept: TestTenant;
  readonly endUserId: string;
}
async function fill(): Promise<Filled> {
  count += 1;
  const name = `Departed ${count}`;
  const scopes = ['inference:invoke', 'tenants:write'] as const;
  const gone = { ...(await erasing.tenants.addTenant(name, scopes)), name };
  const kept = await erasing.tenants.addTenant(`Stays ${count}`, scopes);
  const endUserId = `Ada-Lovelace-${count}`;
  await erasing.call(kept.caller, { endUserId });
  await erasing.call(gone.caller);
  return { gone, kept, endUserId };
}

/** Where the tenants of these tests, their calls and their erasures are. */
const restoredNames = ['tenants', 'api_keys', 'apps', 'invocations', 'completions', 'erasures'];

/** The records as a backup has them; what it returns puts them back. */
async function backUp(): Promise<() => Promise<void>> {
  const { db } = erasing.database.connection;
  const records = new Map<string, readonly Record<string, unknown>[]>();
  const exact = { promoteValues: false, useBigInt64: false };
  for (const name of restoredNames)
    records.set(name, (await db?.collection(name).find({}, exact).toArray()) ?? []);
  return async () => {
    for (const [name, stored] of records) {
      await db?.collection(name).deleteMany({});
      if (stored.length > 0) await db?.collection(name).insertMany([...stored]);
    }
  };
}

async function finishAll(): Promise<void> {
  for (const laterMs of [0, 2 * hourMs, 4 * hourMs]) {
    erasing.clock.laterMs = laterMs;
    await erasing.continue();
  }
  erasing.clock.laterMs = 0;
}

async function erase({ gone, kept, endUserId }: Filled): Promise<void> {
  const query = 'mutation ($id: ID!, $name: String!) { eraseTenant(input: { id: $id, name: $name }) { id } }';
  const tenant = { id: gone.tenantId, name: gone.name };
  await askForData(erasing.tenants.subgraph, erasing.tenants.admin, query, tenant);
  await erasing.eraseEndUser(endUserId, kept.caller);
  await finishAll();
}

let files = 0;
async function writeLines(...lines: readonly (object | string)[]): Promise<string> {
  const file = join(dir, `lines-${++files}.jsonl`);
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await writeFile(file, `${texts.join('\n')}\n`);
  return file;
}

/** The reports of the erasures of these tenants. */
async function writeReports({ gone, kept }: Filled): Promise<string> {
  const reports = [];
  for await (const report of listReports(erasing.database.connection))
    if ([gone.tenantId, kept.tenantId].includes(report.tenantId)) reports.push(report);
  expect(reports).toHaveLength(2);
  return writeLines(...reports);
}

const repeat = async (...paths: readonly string[]) =>
  repeatErasures(erasing.database.connection, await readErasures(paths), now);

describe('erasures in a store from an older backup', () => {
  let filled: Filled;
  let reports: string;
  let requests: string;
  let restore: () => Promise<void>;
  beforeEach(async () => {
    filled = await fill();
    restore = await backUp();
    await erase(filled);
    reports = await writeReports(filled);
    const { kept, endUserId } = filled;
    requests = await writeLines({ tenantId: kept.tenantId, endUserId });
    await restore();
    now = new Date();
  });

  it('are repeated from their reports and requests, and nothing of them is left', async () => {
    const { connection } = erasing.database;
    const { gone, endUserId } = filled;
    expect(await readFile(reports, 'utf8')).not.toContain(endUserId);
    expect(await findTraces(connection, [endUserId])).not.toEqual([]);
    expect(await repeat(reports, requests)).toEqual({
      ...{ tenants: 1, endUsers: 1, known: 0, absent: 0, left: [] },
    });
    expect(await tenants(connection).findById(gone.tenantId).lean()).toMatchObject({ archivedAt: now });
    expect(await repeat(reports, requests)).toMatchObject({ tenants: 0, endUsers: 0, known: 2 });
    await finishAll();
    expect(await findTraces(connection, [endUserId, gone.name])).toEqual([]);
    const erased = await tenants(connection).findById(gone.tenantId).lean();
    expect(erased?.erasedAt).toEqual(now);
    expect(await repeat(reports)).toMatchObject({ tenants: 0, known: 1 });
  });

  it('of end users that no request names are named, and those of tenants that are not there are counted', async () => {
    const { kept, endUserId } = filled;
    const other = await writeLines(
      { tenantId: kept.tenantId, endUserId: 'another' },
      { tenantId: 'none', endUserId },
    );
    const { left, ...counts } = await repeat(reports, other);
    expect(counts).toEqual({ tenants: 1, endUsers: 1, known: 0, absent: 1 });
    expect(left).toEqual([{ id: expect.any(String), why: expect.stringContaining(kept.tenantId) }]);
    await finishAll();
  });

  it('are not requested of the tenant of the first start, nor of end users of a tenant that is erased as a whole', async () => {
    const { connection } = erasing.database;
    const { gone } = filled;
    expect(await repeatTenantErasure(connection, 'default', now)).toBe('REFUSED');
    expect((await tenants(connection).findById('default').lean())?.archivedAt ?? null).toBeNull();
    await repeat(reports, requests);
    const ofGone = await writeLines({ tenantId: gone.tenantId, endUserId: 'one' });
    expect(await repeat(ofGone)).toMatchObject({ endUsers: 0, known: 1 });
    expect(await erasures(connection).countDocuments({ status: 'RUNNING' })).toBe(2);
    await finishAll();
  });

  it('have the same end wherever the command is killed and repeated', async () => {
    const { connection } = erasing.database;
    const { gone, kept } = filled;
    let isEnded = false;
    for (let writes = 0; !isEnded; writes++) {
      expect(writes).toBeLessThan(30);
      await restore();
      await killedAfter(connection, writes, async () => {
        await repeat(reports, requests);
        isEnded = true;
      });
      await repeat(reports, requests);
      const running = await erasures(connection).find({ status: 'RUNNING' }).lean();
      const ofThese = running.filter(({ tenantId }) => [gone.tenantId, kept.tenantId].includes(tenantId));
      expect(ofThese.map(({ kind }) => kind).toSorted(), `${writes} writes`).toEqual(['END_USER', 'TENANT']);
      const archived = await tenants(connection).findById(gone.tenantId).lean();
      expect(archived?.archivedAt, `${writes} writes`).toBeInstanceOf(Date);
    }
    await freeErasures(connection);
    await finishAll();
  });

  it('are refused where a report is not as its proof states, before anything is begun', async () => {
    const lines = (await readFile(reports, 'utf8')).trimEnd().split('\n');
    const report = JSON.parse(lines.find((line) => line.includes('TENANT')) ?? '{}');
    for (const change of [
      { tenantId: filled.kept.tenantId },
      { kind: 'END_USER' },
      { counts: {} },
      { more: 1 },
    ]) {
      const file = await writeLines({ ...report, ...change });
      await expect(repeat(requests, file)).rejects.toThrow(`${file}, line 1: is neither a report`);
    }
    expect(await erasures(erasing.database.connection).countDocuments({ status: 'RUNNING' })).toBe(0);
  });
});

describe('the lines of erasures', () => {
  it.each<readonly [string, object | string]>([
    ['no JSON', 'Ada-Lovelace'],
    ['no object', '"Ada-Lovelace"'],
    ['no tenant', { endUserId: 'Ada-Lovelace' }],
    ['an empty tenant', { tenantId: '', endUserId: 'Ada-Lovelace' }],
    ['no end user', { tenantId: 'Ada-Lovelace' }],
    ['an end user that is none', { tenantId: 'acme', endUserId: 'Ada-Lovelace\u0000' }],
    ['a field that is not known', { tenantId: 'acme', endUserId: 'Ada-Lovelace', kind: 'END_USER' }],
  ])('are refused with %s, and not repeated', async (_what, line) => {
    const file = await writeLines({ tenantId: 'acme', endUserId: 'one' }, '', line);
    const failure = await readErasures([file]).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failure).toContain(`${file}, line 3: is neither`);
    expect(failure).not.toContain('Lovelace');
  });

  it('are bounded in all files, and a file that is not there is named', async () => {
    const request = { tenantId: 'acme', endUserId: 'one' };
    const half = await writeLines(...Array.from({ length: 5_001 }, () => request));
    await expect(readErasures([half, half])).rejects.toThrow('more than 10000 lines');
    expect((await readErasures([half])).requests).toHaveLength(5_001);
    await expect(readErasures([join(dir, 'none')])).rejects.toThrow('none: cannot be read: ENOENT');
  });
});
