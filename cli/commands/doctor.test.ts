import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, runHeddle, startHeddle, temporaryDirectory } from '#test/support/mesh.ts';
import { createTestAuthority } from '#test/support/processes/certificates.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { signV4 } from '#test/support/root-key-servers.ts';
import { checkDates } from '../doctor/checks/certificates.ts';
import { checkClock, computeDifferenceMs } from '../doctor/clock.ts';
import { type DoctorFinding, type DoctorFindingStatus, toExitCode } from '../doctor/finding.ts';
import { formatReport } from '../doctor/format-report.ts';
import { buildKeyProbe } from '../doctor/probes/key-probe.ts';
import { runDoctor } from '../doctor/run-doctor.ts';

const finding = (status: DoctorFindingStatus, message = 'm'): DoctorFinding => ({
  area: 'disk',
  status,
  message,
});
const dayMs = 86_400_000;

let stack: AsyncDisposableStack;
let dir: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  dir = stack.use(await temporaryDirectory()).path;
});
afterEach(() => stack.disposeAsync());

/** The findings for a whole mesh with these variables, as `STATUS message`. */
async function examine(env: Readonly<Record<string, string>>, isOnline = true, parts?: readonly string[]) {
  const findings = await runDoctor({
    env: { HEDDLE_DATA_DIR: dir, PORT: '0', ...env },
    parts: (parts ?? ['gateway', 'models', 'prompts', 'tenants', 'usage', 'inference']) as never,
    isOnline,
  });
  return findings.map(({ status, message }) => `${status} ${message}`);
}

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  stack.defer(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

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
    await writeFile(join(dir, 'cert.pem'), cert);
    await writeFile(join(dir, 'none.pem'), 'no certificate');
    const found = await examine({
      HEDDLE_PUBLIC_TLS_CERT: join(dir, 'cert.pem'),
      HEDDLE_TLS_CA: join(dir, 'none.pem'),
    });
    expect(found).toContainEqual(
      expect.stringMatching(/^(OK|WARNING) the certificate HEDDLE_PUBLIC_TLS_CERT .*\d{4}-/),
    );
    expect(found).toContainEqual('FAILED HEDDLE_TLS_CA cannot be used: it has no certificate');
  });
});

describe('a key probe', () => {
  const provider = { name: 'p', region: null, secret: 's', baseUrl: null } as const;
  it.each([
    ['OPENAI', 'https://api.openai.com/v1/models', { authorization: 'Bearer s' }],
    [
      'ANTHROPIC',
      'https://api.anthropic.com/v1/models',
      { 'x-api-key': 's', 'anthropic-version': '2023-06-01' },
    ],
    ['GOOGLE', 'https://generativelanguage.googleapis.com/v1beta/models', { 'x-goog-api-key': 's' }],
    [
      'VERTEX',
      'https://aiplatform.googleapis.com/v1beta1/publishers/google/models',
      { 'x-goog-api-key': 's' },
    ],
  ] as const)('of %s reads the list of AI models with the key in its header', async (kind, url, headers) => {
    expect(await buildKeyProbe({ ...provider, kind }, fetch)).toMatchObject({ url, headers, hasKey: true });
  });

  it('of BEDROCK is sent to the address beside that of the calls, in its region', async () => {
    const bedrock = { ...provider, kind: 'BEDROCK', region: 'eu-central-1' } as const;
    const url = 'https://bedrock.eu-central-1.amazonaws.com/foundation-models';
    expect(await buildKeyProbe(bedrock, fetch)).toEqual({
      ...{ url, headers: { authorization: 'Bearer s' }, hasKey: true },
    });
    const pair = await buildKeyProbe({ ...bedrock, secret: 'AKIAIOSFODNN7EXAMPLE:secret:session' }, fetch);
    expect(pair).toMatchObject({ url, headers: { 'x-amz-security-token': 'session' } });
    expect(pair?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request, /,
    );
  });

  it('is not made where no free call is known, nor at a host that no region names', async () => {
    const account = JSON.stringify({ project_id: 'p', client_email: 'e', private_key: 'k' });
    for (const none of [
      { kind: 'DEMO', baseUrl: 'https://x.example' },
      { kind: 'AZURE_OPENAI' },
      { kind: 'BEDROCK' },
      { kind: 'BEDROCK', region: 'x.example/' },
      { kind: 'VERTEX', region: 'x.example/', secret: account },
    ] as const)
      expect(await buildKeyProbe({ ...provider, ...none }, fetch)).toBeNull();
  });

  it('of a bare origin has the path of the API, and sends no key where there is none', async () => {
    const bare = { ...provider, kind: 'OPENAI', baseUrl: 'http://h:1', secret: null } as const;
    expect(await buildKeyProbe(bare, fetch)).toEqual({
      ...{ url: 'http://h:1/v1/models', headers: {}, hasKey: false },
    });
  });
});

describe('the doctor', () => {
  const secret = 'sk-marker-secret-0123456789';

  it.each<[number, string]>([
    [200, 'OK openai (of the environment) answers its list of AI models with the key'],
    [404, 'OK openai (of the environment) is reached (HTTP 404)'],
    [401, 'FAILED openai (of the environment) refuses the key (HTTP 401)'],
    [429, 'WARNING openai (of the environment) takes no more calls for now (HTTP 429)'],
    [503, 'FAILED openai (of the environment) fails (HTTP 503)'],
    [302, 'OK openai (of the environment) is reached (HTTP 302)'],
  ])(
    'reports what a provider answers with %i, and reads only its list of AI models',
    async (status, expected) => {
      const requests: string[] = [];
      const url = await listen(({ method, url: path, headers }, response) => {
        requests.push(`${method} ${path} ${headers.authorization}`);
        response
          .writeHead(status, { date: new Date(Date.now() - 60_000).toUTCString(), location: '/other' })
          .end();
      });
      const found = await examine({ OPENAI_API_KEY: secret, OPENAI_BASE_URL: url });
      expect(found).toContainEqual(expect.stringContaining(expected));
      expect(found).toContainEqual(
        expect.stringMatching(/^FAILED the clock differs from that of the provider openai/),
      );
      expect(requests).toEqual([`GET /v1/models Bearer ${secret}`]);
      expect(found.join('\n')).not.toContain(secret);
    },
  );

  it.each<[string, number, Readonly<Record<string, string>>, string]>([
    ['knows', 200, {}, 'OK bedrock (of the environment) answers its list of AI models with the key'],
    [
      'knows, without the right to the list',
      403,
      { 'x-amzn-errortype': 'AccessDeniedException:http://x.example/' },
      'OK bedrock (of the environment) takes the key, which may not read the list of AI models (HTTP 403)',
    ],
    [
      'does not know',
      403,
      { 'x-amzn-errortype': 'UnrecognizedClientException' },
      'FAILED bedrock (of the environment) refuses the key (HTTP 403)',
    ],
  ])('reports a key pair that Amazon %s, by a signed request', async (_what, status, headers, expected) => {
    const access = { secret: 'wJalrXUtnFEMI/K7MDENG', region: 'eu-central-1', service: 'bedrock' };
    const signatures: boolean[] = [];
    const url = await listen((request, response) => {
      const [, names = '', signature] =
        /SignedHeaders=([^,]+), Signature=(\w+)$/.exec(request.headers.authorization ?? '') ?? [];
      const signed = Object.fromEntries(
        names.split(';').map((name) => [name, String(request.headers[name] ?? '')]),
      );
      const received = { method: 'GET', path: '/foundation-models', headers: signed, body: '' };
      signatures.push(
        request.url === received.path && 'host' in signed && signV4(received, access) === signature,
      );
      response.writeHead(status, headers).end('{}');
    });
    const found = await examine({
      ...{ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: access.secret },
      ...{ AWS_REGION: access.region, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url },
    });
    expect(found).toContainEqual(expect.stringContaining(expected));
    expect(signatures).toEqual([true]);
    expect(found.join('\n')).not.toContain(access.secret);
  });

  it.each<[string, number, number, string]>([
    ['knows', 200, 200, 'OK vertex (of the environment) answers its list of AI models with the key'],
    ['does not let list', 200, 403, 'OK vertex (of the environment) takes the key, which may not read'],
    [
      'does not know',
      400,
      200,
      'FAILED vertex (of the environment): Google refused the service account (HTTP 400)',
    ],
  ])(
    'reports a service account that Google %s, by a token of its own',
    async (_what, token, list, expected) => {
      const requests: string[] = [];
      const url = await listen(({ url: path, headers }, response) => {
        requests.push(`${path} ${headers.authorization ?? ''}`);
        const isToken = path === '/token';
        response
          .writeHead(isToken ? token : list)
          .end(isToken ? '{"access_token":"ya29.token","expires_in":3600}' : '{}');
      });
      const { privateKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      });
      const account = {
        ...{ project_id: 'p', private_key: privateKey, client_email: 'me@p.example' },
        token_uri: `${url}/token`,
      };
      const found = await examine({
        ...{ GOOGLE_VERTEX_CREDENTIALS: JSON.stringify(account), GOOGLE_VERTEX_BASE_URL: url },
        GOOGLE_VERTEX_LOCATION: 'europe-west4',
      });
      expect(found).toContainEqual(expect.stringContaining(expected));
      expect(requests).toEqual(
        ['/token ', '/v1beta1/publishers/google/models Bearer ya29.token'].slice(0, token === 200 ? 2 : 1),
      );
      expect(found.join('\n')).not.toContain('PRIVATE KEY');
    },
  );

  it('reports an API key that Google refuses with 400', async () => {
    const url = await listen((_request, response) => void response.writeHead(400).end('{}'));
    const found = await examine({ GOOGLE_GENERATIVE_AI_API_KEY: secret, GOOGLE_GEMINI_BASE_URL: url });
    expect(found).toContainEqual(
      expect.stringContaining('FAILED google (of the environment) refuses the key (HTTP 400)'),
    );
  });

  it('calls no provider with --offline, nor one that the egress rules refuse', async () => {
    let calls = 0;
    const url = await listen((_request, response) => {
      calls += 1;
      response.end();
    });
    const env = { OPENAI_API_KEY: secret, OPENAI_BASE_URL: url };
    expect(await examine(env, false)).toContain('SKIPPED providers are not called (--offline)');
    const found = await examine({ ...env, HEDDLE_EGRESS_ALLOW: 'api.example.com' });
    expect(found).toContainEqual(expect.stringMatching(/^FAILED openai .*HEDDLE_EGRESS_ALLOW/));
    expect(calls).toBe(0);
  });

  it('reports each wrong, unknown and weak variable, a file that is not there, and no secret', async () => {
    const found = await examine({
      HEDDLE_DRAIN_MS: 'abc',
      HEDDLE_DRAIN_M: '1',
      HEDDLE_ADMIN_KEY: secret,
      HEDDLE_ENCRYPTION_KEY_FILE: join(dir, 'missing'),
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
    expect(await examine({})).toContainEqual(expect.stringMatching(/^SKIPPED .* holds no store yet/));
    expect(await readdir(dir)).toEqual([]);
  });

  it.runIf(process.platform !== 'win32')('names files of keys that other users may read', async () => {
    await writeFile(join(dir, 'encryption.key'), 'x');
    await chmod(join(dir, 'encryption.key'), 0o644);
    const path = join(dir, 'encryption.key');
    expect(await examine({})).toContain(`WARNING ${path} may be read by other users`);
  });

  it('distinguishes another program on a port from a mesh that is not ready', async () => {
    const readPort = (url: string) => new URL(url).port;
    const other = await listen((_request, response) => response.end('hello'));
    const unready = await listen((_request, response) => {
      response
        .writeHead(503)
        .end(JSON.stringify({ status: 'unavailable', problems: ['the store cannot be written'] }));
    });
    expect(await examine({ PORT: readPort(other) })).toContain(
      `FAILED PORT ${readPort(other)} is in use by another program`,
    );
    expect(await examine({ PORT: readPort(unready) })).toContain(
      `WARNING a process on PORT ${readPort(unready)} is not ready: the store cannot be written`,
    );
  });

  it.runIf(hasRedis())('reports eviction and a replica of Redis', async () => {
    const redis = stack.use(
      await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] }),
    );
    const found = await examine({ REDIS_URL: redis.url });
    expect(found).toContainEqual(expect.stringMatching(/^OK Redis \d/));
    expect(found).toContain('OK a write to Redis succeeds');
    expect(found).toContain('OK the clock agrees with that of Redis');
    expect(found).toContainEqual(expect.stringMatching(/^WARNING Redis evicts keys/));
    const port = new URL(redis.url).port;
    const replica = stack.use(await startRedis({ args: ['--replicaof', '127.0.0.1', port] }));
    const ofReplica = await examine({ REDIS_URL: replica.url });
    expect(ofReplica).toContainEqual(expect.stringMatching(/^FAILED .* is a replica/));
    expect(ofReplica).toContainEqual(expect.stringMatching(/^FAILED a write to Redis fails/));
  });

  it('of a gateway alone looks at no store, and requires Redis for many processes', async () => {
    const found = await examine({}, true, ['gateway']);
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
    const environment = { PORT: port, HEDDLE_DATA_DIR: dir, LOG_LEVEL: 'warn' };
    const mesh = startHeddle([], environment);
    stack.use(mesh);
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
    await mkdir(join(dir, 'data'));
    const { code, output } = await run([], {
      HEDDLE_DATA_DIR: join(dir, 'data'),
      HEDDLE_DATA_DIRR: 'x',
      PORT: '0',
    });
    expect(output).toContain('HEDDLE_DATA_DIRR is no variable of Heddle; did you mean HEDDLE_DATA_DIR?');
    expect(code).toBe(2);
  });
});
