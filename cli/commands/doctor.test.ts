import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Examined, openExamined } from '#test/support/examined.ts';
import { freePort, runHeddle, startHeddle } from '#test/support/mesh.ts';
import { createTestAuthority } from '#test/support/processes/certificates.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { checkDates } from '../doctor/checks/certificates.ts';
import { checkClock, computeDifferenceMs } from '../doctor/clock.ts';
import { type DoctorFinding, type DoctorFindingStatus, toExitCode } from '../doctor/finding.ts';
import { formatReport } from '../doctor/format-report.ts';

const finding = (status: DoctorFindingStatus, message = 'm'): DoctorFinding => ({
  area: 'disk',
  status,
  message,
});
const dayMs = 86_400_000;

let examined: Examined;
beforeEach(async () => {
  examined = await openExamined();
});
afterEach(() => examined[Symbol.asyncDispose]());

describe('the report', () => {
  it.each<[readonly DoctorFindingStatus[], number]>([
    [['OK', 'SKIPPED'], 0],
    [['OK', 'WARNING'], 1],
    [['WARNING', 'FAILED', 'OK'], 2],
  ])('of %j ends with the exit code %i', (statuses, code) => {
    expect(toExitCode(statuses.map((status) => finding(status)))).toBe(code);
  });

  it('has no control characters of what other programs answered', () => {
    const text = formatReport([
      { ...finding('FAILED', 'a\u001b[31mred\nok  forged'), whatToDo: 'b\u009bc\u2028d' },
    ]);
    expect(text.split('\n')).toEqual([
      'disk',
      '  FAILED   a [31mred ok  forged',
      '           b c d',
      '',
      '1 failed, 0 warnings, 0 ok, 0 skipped',
    ]);
  });
});

describe('clocks', () => {
  it.each([
    [
      'agree within the time of the call',
      { theirsMs: 1_050, sentMs: 1_000, receivedMs: 1_100, stepMs: 1 },
      0,
      'OK',
    ],
    [
      'agree within a second of Date',
      { theirsMs: 9_000, sentMs: 9_999, receivedMs: 9_999, stepMs: 1_000 },
      0,
      'OK',
    ],
    ['ahead by little', { theirsMs: 4_000, sentMs: 900, receivedMs: 1_000, stepMs: 1 }, 3_000, 'WARNING'],
    ['ahead by much', { theirsMs: 20_000, sentMs: 900, receivedMs: 1_000, stepMs: 1 }, 19_000, 'FAILED'],
    ['behind by much', { theirsMs: 0, sentMs: 20_000, receivedMs: 20_001, stepMs: 1_000 }, 19_000, 'FAILED'],
  ] as const)('%s', (_what, times, differenceMs, status) => {
    expect(computeDifferenceMs({ source: 's', ...times })).toBe(differenceMs);
    expect(checkClock({ source: 's', ...times }).status).toBe(status);
  });
});

describe('certificates', () => {
  it.each<[string, number, number, DoctorFindingStatus]>([
    ['in force', -1, 400, 'OK'],
    ['about to end', -1, 29, 'WARNING'],
    ['expired', -9, -1, 'FAILED'],
    ['of the future', 1, 400, 'FAILED'],
  ])('that are %s', (_what, fromDays, toDays, status) => {
    const nowMs = Date.UTC(2026, 0, 1);
    const dates = {
      validFromDate: new Date(nowMs + fromDays * dayMs),
      validToDate: new Date(nowMs + toDays * dayMs),
    };
    expect(checkDates('c', dates, nowMs).status).toBe(status);
  });

  it('in files are read, and those that are none are named', async () => {
    const authority = await createTestAuthority();
    const { cert } = await authority.issue();
    await writeFile(join(examined.dir, 'cert.pem'), cert);
    await writeFile(join(examined.dir, 'none.pem'), 'no certificate');
    const found = await examined.examine({
      HEDDLE_PUBLIC_TLS_CERT: join(examined.dir, 'cert.pem'),
      HEDDLE_TLS_CA: join(examined.dir, 'none.pem'),
    });
    expect(found).toContainEqual(
      expect.stringMatching(/^(OK|WARNING) the certificate HEDDLE_PUBLIC_TLS_CERT .*\d{4}-/),
    );
    expect(found).toContainEqual('FAILED HEDDLE_TLS_CA cannot be used: it has no certificate');
  });
});

describe('the doctor', () => {
  const secret = 'sk-marker-secret-0123456789';

  it('reports each wrong, unknown and weak variable, a file that is not there, and no secret', async () => {
    const found = await examined.examine({
      HEDDLE_DRAIN_MS: 'abc',
      HEDDLE_DRAIN_M: '1',
      HEDDLE_ADMIN_KEY: secret,
      HEDDLE_ENCRYPTION_KEY_FILE: join(examined.dir, 'missing'),
      HEDDLE_MESH_SECRET: 'changeme',
      REDIS_URL: `redis://user:${secret}@127.0.0.1:${await freePort()}`,
      HEDDLE_SMTP_URL: 'smtp://127.0.0.1:25',
    });
    for (const expected of [
      'FAILED HEDDLE_DRAIN_MS=abc: must be a number',
      'FAILED HEDDLE_DRAIN_M is no variable of Heddle; did you mean HEDDLE_DRAIN_MS?',
      'FAILED HEDDLE_ADMIN_KEY: must begin with hd_',
      'FAILED HEDDLE_ENCRYPTION_KEY_FILE: the file that it names cannot be read: ENOENT',
      'FAILED HEDDLE_MESH_SECRET: ',
      'FAILED HEDDLE_MAIL_FROM: must be set too',
      'FAILED Redis cannot be used',
    ]) {
      expect(found).toContainEqual(expect.stringContaining(expected));
    }
    expect(found.join('\n')).not.toContain(secret);
  });

  it('of a directory without a store makes none, and no key', async () => {
    expect(await examined.examine({})).toContainEqual(
      expect.stringMatching(/^SKIPPED .* holds no store yet/),
    );
    expect(await readdir(examined.dir)).toEqual([]);
  });

  it.runIf(process.platform !== 'win32')('names files of keys that other users may read', async () => {
    await writeFile(join(examined.dir, 'encryption.key'), 'x');
    await chmod(join(examined.dir, 'encryption.key'), 0o644);
    const path = join(examined.dir, 'encryption.key');
    expect(await examined.examine({})).toContain(`WARNING ${path} may be read by other users`);
  });

  it('distinguishes another program on a port from a mesh that is not ready', async () => {
    const readPort = (url: string) => new URL(url).port;
    const other = await examined.listen((_request, response) => response.end('hello'));
    const unready = await examined.listen((_request, response) => {
      response
        .writeHead(503)
        .end(JSON.stringify({ status: 'unavailable', problems: ['the store cannot be written'] }));
    });
    expect(await examined.examine({ PORT: readPort(other) })).toContain(
      `FAILED PORT ${readPort(other)} is in use by another program`,
    );
    expect(await examined.examine({ PORT: readPort(unready) })).toContain(
      `WARNING a process on PORT ${readPort(unready)} is not ready: the store cannot be written`,
    );
  });

  it.runIf(hasRedis())('reports eviction and a replica of Redis', async () => {
    const redis = examined.use(
      await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] }),
    );
    const found = await examined.examine({ REDIS_URL: redis.url });
    expect(found).toContainEqual(expect.stringMatching(/^OK Redis \d/));
    expect(found).toContain('OK a write to Redis succeeds');
    expect(found).toContain('OK the clock agrees with that of Redis');
    expect(found).toContainEqual(expect.stringMatching(/^WARNING Redis evicts keys/));
    const port = new URL(redis.url).port;
    const replica = examined.use(await startRedis({ args: ['--replicaof', '127.0.0.1', port] }));
    const ofReplica = await examined.examine({ REDIS_URL: replica.url });
    expect(ofReplica).toContainEqual(expect.stringMatching(/^FAILED .* is a replica/));
    expect(ofReplica).toContainEqual(expect.stringMatching(/^FAILED a write to Redis fails/));
  });

  it('of a gateway alone looks at no store, and requires Redis for many processes', async () => {
    const found = await examined.examine({}, true, ['gateway']);
    expect(found).toContain('SKIPPED a gateway has no store');
    expect(found).toContainEqual(expect.stringMatching(/^FAILED --only gateway needs HEDDLE_MESH_KEY/));
    expect(found).toContainEqual(expect.stringMatching(/^WARNING no REDIS_URL/));
  });
});

describe('heddle doctor', () => {
  const run = (args: readonly string[], environment: Readonly<Record<string, string>>) =>
    runHeddle(['doctor', ...args], environment);

  it('looks at the store of a mesh that runs, and of one that was stopped, and finds another key', {
    timeout: 120_000,
  }, async () => {
    const port = String(await freePort());
    const environment = { PORT: port, HEDDLE_DATA_DIR: examined.dir, LOG_LEVEL: 'warn' };
    const mesh = startHeddle([], environment);
    examined.use(mesh);
    await mesh.line(/Health/);
    const running = await run([], environment);
    expect(running.output).toContain(`a process serves on PORT ${port}, and is ready`);
    for (const message of [
      'the embedded store answers',
      'a durable write succeeds',
      'the store has the indexes of this version',
      'the encryption key opens what is sealed',
    ]) {
      expect(running.output).toContain(`ok       ${message}`);
    }
    expect(running.code).toBe(0);
    await mesh.end();
    const stopped = await run(['--json', '--offline'], {
      ...environment,
      HEDDLE_ENCRYPTION_KEY: 'ab'.repeat(16) + '0123456789abcdef'.repeat(2),
    });
    const report = JSON.parse(stopped.output);
    expect(report.findings).toContainEqual({
      ...{ area: 'store', status: 'FAILED', message: 'the encryption key is not that of the store' },
      whatToDo: expect.stringContaining('HEDDLE_ENCRYPTION_KEY'),
    });
    expect(report.exitCode).toBe(2);
    expect(stopped.code).toBe(2);
  });

  it('reports a variable that a start would end at', async () => {
    await mkdir(join(examined.dir, 'data'));
    const { code, output } = await run([], {
      HEDDLE_DATA_DIR: join(examined.dir, 'data'),
      HEDDLE_DATA_DIRR: 'x',
      PORT: '0',
    });
    expect(output).toContain('HEDDLE_DATA_DIRR is no variable of Heddle; did you mean HEDDLE_DATA_DIR?');
    expect(code).toBe(2);
  });
});
