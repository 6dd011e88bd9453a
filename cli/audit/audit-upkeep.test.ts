import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAuditKeys } from '#mongo/audit/keys.ts';
import { auditLog, closeOccurrences, createAuditLog } from '#mongo/audit/log.ts';
import { auditStarts } from '#mongo/audit/starts.ts';
import { type Database, ensureIndexes, openDatabase } from '#mongo/connect.ts';
import type { NewEvent } from '#mongo/events.ts';
import { type AuditUpkeepOptions, runAuditUpkeep } from '#server/audit/audit-upkeep.ts';
import { type Environment, readEnvironment } from '#server/config.ts';
import { testSecrets } from '#test/support/seal.ts';
import { verifyStore } from './verify.ts';

const dayMs = 86_400_000;
const clock = { ms: Date.parse('2026-03-01T10:00:00Z') };
let dir: string;
let database: Database;
let anchors: string;
let published: NewEvent[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-anchors-'));
  anchors = join(dir, 'anchors.jsonl');
  database = await openDatabase(`embedded:${join(dir, 'store')}`);
  await ensureIndexes(database.connection);
});
beforeEach(async () => {
  published = [];
  const { db } = database.connection;
  for (const name of ['audit_log', 'audit_starts', 'audit_keys', 'audit_checkpoints', 'audit_anchors']) {
    await db?.collection(name).deleteMany({});
  }
  await rm(anchors, { force: true });
});
afterAll(async () => {
  await database?.close();
  await rm(dir, { recursive: true, force: true });
});

async function change(count: number, tenantId = 'acme'): Promise<void> {
  const log = createAuditLog(database.connection, () => clock.ms);
  for (let n = 0; n < count; n++) {
    clock.ms += 1_000;
    const id = await log.begin({
      ...{ tenantId, action: 'app.update', arguments: null, requestId: `r${n}`, clientAddress: null },
      actor: { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null },
    });
    const target = { targetType: 'App', targetId: 'a1', before: null, after: null };
    await log.end(id, { outcome: 'SUCCEEDED', errorCode: null, ...target });
  }
}

function upkeep(variables: Record<string, string>, more: Partial<AuditUpkeepOptions> = {}): Promise<void> {
  return runAuditUpkeep(database.connection, {
    environment: readEnvironment({ HEDDLE_DATA_DIR: dir, ...variables }),
    secrets: testSecrets,
    events: { record: async (event) => void published.push(event) },
    fetch,
    log: pino({ level: 'silent' }),
    now: () => clock.ms,
    pause: async () => {},
    ...more,
  });
}

async function verify(more: Partial<Parameters<typeof verifyStore>[1]> = {}) {
  const lines: string[] = [];
  const environment: Environment = readEnvironment({ HEDDLE_DATA_DIR: dir });
  const report = (line: string) => lines.push(line);
  const code = await verifyStore(environment, { tenantId: undefined, json: false, report, ...more });
  return { code, lines };
}

describe('anchors', () => {
  it('are appended by one of all processes, when it is time, signed and each with the digest of the one before', async () => {
    await change(2);
    const variables = { HEDDLE_AUDIT_ANCHOR_FILE: anchors, HEDDLE_AUDIT_ANCHOR_MINUTES: '10' };
    await Promise.all([upkeep(variables), upkeep(variables)]);
    await change(1);
    await upkeep(variables);
    clock.ms += 600_000;
    await upkeep(variables);
    const lines = (await readFile(anchors, 'utf8')).trimEnd().split('\n');
    const written = lines.map((line) => JSON.parse(line));
    expect(
      written.map(({ heads }) => heads.map(([chain, sequence]: [string, number]) => [chain, sequence])),
    ).toEqual([
      [
        ['changes:acme', 2],
        ['starts:acme', 2],
      ],
      [
        ['changes:acme', 3],
        ['starts:acme', 3],
      ],
    ]);
    expect(written.map(({ previous }) => previous)).toEqual([null, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect((await stat(anchors)).mode & 0o077).toBe(0);
    expect((await verify({ anchors })).code).toBe(0);
    const counted = await auditLog(database.connection)
      .find({ action: 'audit.anchor' })
      .sort({ _id: 1 })
      .lean();
    const each = { tenantId: null, outcome: 'SUCCEEDED', count: 1, actor: { kind: 'SYSTEM' } };
    expect(counted).toMatchObject([each, each]);
  });

  it('show a chain whose end was cut, and one that was written anew', async () => {
    await change(3);
    await upkeep({ HEDDLE_AUDIT_ANCHOR_FILE: anchors });
    await auditLog(database.connection).deleteMany({ sequence: 3 });
    await auditStarts(database.connection).deleteMany({ sequence: 3 });
    expect((await verify()).code).toBe(0);
    expect(await verify({ anchors })).toMatchObject({
      code: 1,
      lines: [
        'Record 3 of changes:acme was removed: an anchor follows.',
        'Record 3 of starts:acme was removed: an anchor follows.',
        expect.stringContaining('2 problems'),
      ],
    });
    await change(1);
    expect((await verify({ anchors })).lines[0]).toMatch(
      /^Record 3 .* was altered: an anchor states another hash/,
    );
  });

  it('are refused where another key has signed them, or a line was changed', async () => {
    await change(1);
    await upkeep({ HEDDLE_AUDIT_ANCHOR_FILE: anchors });
    const [key] = [...(await readAuditKeys(database.connection)).values()];
    const other = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE';
    expect((await verify({ anchors, trustedKeys: [key ?? ''] })).code).toBe(0);
    expect((await verify({ anchors, trustedKeys: [other] })).code).toBe(1);
    const text = await readFile(anchors, 'utf8');
    await writeFile(anchors, text.replace('"changes:acme",1', '"changes:acme",2'));
    expect((await verify({ anchors })).lines[0]).toBe(
      `${anchors}, line 1: is no anchor that a known key has signed.`,
    );
  });

  it('are read without a last line that is still being written, and with every other one', async () => {
    await change(1);
    await upkeep({ HEDDLE_AUDIT_ANCHOR_FILE: anchors });
    const text = await readFile(anchors, 'utf8');
    await writeFile(anchors, `${text}${text.slice(0, 40)}`);
    expect(await verify({ anchors })).toMatchObject({ code: 0 });
    for (const complete of [`${text}${text.slice(0, 40)}\n`, `${text}${text.slice(0, 40)}\n${text}`]) {
      await writeFile(anchors, complete);
      expect((await verify({ anchors })).lines[0]).toContain('line 2: is no anchor');
    }
  });

  it('are sent to a receiver, at most three times each, and a failure is reported', async () => {
    const received: string[] = [];
    const statuses = [500, 503, 200, 500, 500, 500, 200];
    const server = createServer(async (request, response) => {
      received.push(Buffer.concat(await request.toArray()).toString());
      response.writeHead(statuses.shift() ?? 500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const variables = { HEDDLE_AUDIT_ANCHOR_URL: `http://127.0.0.1:${port}/anchors` };
      await change(1);
      await upkeep(variables);
      expect(received).toHaveLength(3);
      expect(new Set(received).size).toBe(1);
      expect(JSON.parse(received[0] ?? '')).toMatchObject({ version: 1, signature: expect.any(String) });
      clock.ms += 3_600_000;
      await expect(upkeep(variables)).rejects.toThrow('answered with 500');
      expect(received).toHaveLength(6);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('retention', () => {
  it('removes changes after their days, and leaves a chain that verifies and continues', async () => {
    await change(3);
    clock.ms += 10 * dayMs;
    await change(2);
    await upkeep({});
    expect(await auditLog(database.connection).countDocuments()).toBe(5);
    clock.ms += 3_600_000;
    expect(published).toEqual([]);
    await upkeep({ HEDDLE_AUDIT_RETENTION_DAYS: '5' });
    const data = { job: 'AUDIT_RETENTION', tenantId: null, status: 'SUCCEEDED' };
    const startedAt = new Date(clock.ms).toISOString();
    expect(published).toEqual([
      { type: 'job.finished', tenantId: null, subject: null, data: { ...data, startedAt } },
    ]);
    const kept = await auditLog(database.connection).find().sort({ sequence: 1 }).lean();
    expect(kept.map(({ sequence }) => sequence)).toEqual([4, 5]);
    await change(1);
    expect(await verify()).toMatchObject({ code: 0 });
    await auditLog(database.connection).deleteOne({ sequence: 4 });
    expect((await verify()).lines).toContain('Record 4 of changes:acme was removed: record 5 follows.');
  });

  it('keeps the last record of each chain, and what was removed cannot be replaced by a forged checkpoint', async () => {
    await change(3);
    clock.ms += 10 * dayMs;
    await upkeep({ HEDDLE_AUDIT_RETENTION_DAYS: '5' });
    expect(await auditLog(database.connection).distinct('sequence')).toEqual([3]);
    expect((await verify()).code).toBe(0);
    await database.connection.db
      ?.collection('audit_checkpoints')
      .updateMany({}, { $set: { sequence: 2, hash: 'x' } });
    expect((await verify()).lines[0]).toMatch(/^The checkpoint of changes:acme is not signed/);
  });

  it('is reported in lines that hold nothing of a forged record that a terminal obeys', async () => {
    await change(1);
    const forged = 'changes:acme\u001b[2K\u009b1A\nNo record was altered';
    await database.connection.db?.collection<{ _id: string }>('audit_checkpoints').insertOne({
      _id: forged,
      sequence: 1,
      hash: 'x',
      before: null,
      at: new Date(),
      keyId: 'k',
      signature: 's',
    } as never);
    for (const json of [false, true]) {
      const { code, lines } = await verify({ json });
      expect(code).toBe(1);
      expect(lines[0]).toContain('changes:acme\\u001b[2K');
      for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it('removes counts 90 days after they last occurred, and no change with them', async () => {
    await change(1);
    const log = createAuditLog(database.connection, () => clock.ms);
    const { connection } = database;
    for (let n = 0; n < 3; n++) {
      await log.count({
        ...{ tenantId: 'acme', action: 'x', outcome: 'REFUSED', errorCode: 'FORBIDDEN', requestId: 'r' },
        actor: { kind: 'API_KEY', keyId: 'k1', appId: 'a1', subject: null },
        ...{ clientRequestId: null, clientAddress: null, count: 1 },
      });
      clock.ms += 40 * dayMs;
      await closeOccurrences(connection, clock.ms);
    }
    await upkeep({});
    const kept = await auditLog(connection).find().sort({ chain: 1, sequence: 1 }).lean();
    expect(kept.map(({ chain, sequence }) => `${chain} ${sequence}`)).toEqual([
      'changes:acme 1',
      'occurrences:acme 2',
      'occurrences:acme 3',
    ]);
    expect((await verify()).code).toBe(0);
  });
});
