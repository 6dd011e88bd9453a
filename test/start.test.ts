import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestClient } from './support/client.ts';
import { meshVariables, newAdminKey, startHeddle, temporaryDirectory } from './support/mesh.ts';

const mesh = meshVariables();
const banner = /(http:\/\/127\.0\.0\.1:\d+)\/graphql/;

/** What a newcomer meets: the first start, the second, and the ways a start fails. */
describe('npm start', () => {
  let stack: AsyncDisposableStack;
  let dir: string;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    dir = stack.use(await temporaryDirectory()).path;
  });
  afterEach(() => stack.disposeAsync());

  const start = (environment: Readonly<Record<string, string>> = {}, args: readonly string[] = []) =>
    stack.use(startHeddle(args, { PORT: '0', HEDDLE_DATA_DIR: join(dir, 'data'), ...environment }));

  /** The one line that a failing start leaves, and its exit code. */
  const failure = async (environment: Readonly<Record<string, string>>, args: readonly string[] = []) => {
    const heddle = start(environment, args);
    const code = await heddle.code;
    return { code, lines: heddle.output().split('\n') };
  };

  it('makes an admin key on the first start, shows it once, and keeps only its hash', async () => {
    const first = start();
    const [, key = ''] = await first.line(/\b(hd_[A-Za-z0-9]+_[A-Za-z0-9]+)\b/);
    const [, url = ''] = await first.line(banner);
    expect(await createTestClient(url, key).data('{ me { tenant { name } } }')).toEqual({
      me: { tenant: { name: 'default' } },
    });
    expect(await first.end()).toBe(0);

    const second = start();
    const [, again = ''] = await second.line(banner);
    expect(await createTestClient(again, key).data('{ me { app { name } } }')).toEqual({
      me: { app: { name: 'default' } },
    });
    expect(await second.end()).toBe(0);
    expect(second.output()).not.toMatch(/hd_[A-Za-z0-9]+_/);

    const secret = key.split('_').at(-1) ?? '';
    for (const name of await readdir(join(dir, 'data'), { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const bytes = await readFile(join(name.parentPath, name.name));
      expect(bytes.includes(secret), `${name.name} holds the key`).toBe(false);
    }
  });

  it('puts the admin key of the first start into a file where this is requested, and into no line of the log', async () => {
    const file = join(dir, 'keys', 'admin.key');
    const environment = { HEDDLE_NEW_ADMIN_KEY_FILE: file, LOG_LEVEL: 'trace' };
    const first = start(environment);
    const [, url = ''] = await first.line(banner);
    const key = (await readFile(file, 'utf8')).trim();
    expect(key).toMatch(/^hd_admin_[A-Za-z0-9]{43}$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await createTestClient(url, key).data('{ me { kind } }')).toEqual({ me: { kind: 'API_KEY' } });
    expect(await first.end()).toBe(0);
    expect(first.output()).toContain(`Admin key  in ${file}`);
    const created = first
      .output()
      .split('\n')
      .filter((line) => line.includes('admin_key_created'));
    expect(created.map((line) => JSON.parse(line))).toMatchObject([{ event: 'admin_key_created', file }]);
    expect(first.output()).not.toMatch(/hd_[A-Za-z0-9]+_[A-Za-z0-9]{10}/);

    await rm(file);
    const second = start(environment);
    await second.line(banner);
    expect(await second.end()).toBe(0);
    expect(second.output()).not.toContain('admin_key_created');
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  it('warns of secrets that could be guessed, and refuses them where others can reach it', async () => {
    const adminKey = `hd_${'a'.repeat(40)}`;
    const local = start({ HEDDLE_ADMIN_KEY: adminKey });
    const [, url = ''] = await local.line(banner);
    expect(await createTestClient(url, adminKey).data('{ me { kind } }')).toEqual({
      me: { kind: 'API_KEY' },
    });
    expect(await local.end()).toBe(0);
    expect(local.output()).toContain('"event":"weak_secret","variable":"HEDDLE_ADMIN_KEY"');
    expect(local.output()).not.toContain(adminKey);
    const { code, lines } = await failure({ HEDDLE_ADMIN_KEY: adminKey, HOST: '0.0.0.0' });
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
    expect(lines[0]).toMatch(/^heddle: HEDDLE_ADMIN_KEY: could be guessed/);
  });

  it('stops the mesh, and not itself alone, when npm gets a signal to stop', async () => {
    const npm = spawn('npm', ['start'], {
      cwd: resolve(import.meta.dirname, '..'),
      env: { PATH: process.env.PATH, HOME: dir, PORT: '0', HEDDLE_DATA_DIR: join(dir, 'data') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(npm, 'exit');
    let url = '';
    const lines = createInterface({ input: npm.stdout });
    for await (const line of lines) {
      url = banner.exec(line)?.[1] ?? url;
      if (url !== '') break;
    }
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    npm.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('prints where the graph, the Explorer and health are, and one curl that works', async () => {
    const heddle = start();
    await heddle.line(banner);
    const output = heddle.output();
    expect(output).toMatch(/\/health\/ready/);
    expect(output).toMatch(/Explorer/);
    expect(output).toMatch(/Clients +(http:\/\/127\.0\.0\.1:\d+)\/ .*\n +SDKs +\1\/v1 .*, \1 /);
    expect(output).toMatch(/curl /);
  });

  it('keeps its data through a restart: rows, prompts and providers', async () => {
    const adminKey = newAdminKey();
    const first = start({ HEDDLE_ADMIN_KEY: adminKey });
    const [, url = ''] = await first.line(banner);
    await createTestClient(url, adminKey).data(
      'mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "kept" }] }) { text } }',
    );
    await first.end('SIGKILL');
    const second = start({ HEDDLE_ADMIN_KEY: adminKey });
    const [, again = ''] = await second.line(banner);
    expect(
      await createTestClient(again, adminKey).data(
        '{ invocations { edges { node { status model { id } } } } }',
      ),
    ).toEqual({ invocations: { edges: [{ node: { status: 'SUCCEEDED', model: { id: 'demo/echo' } } }] } });
  });

  it.each([
    [[]],
    [['store']],
    [['backup', 'file']],
    [['restore', 'file', '--dir', 'x']],
    [['schema', 'check']],
  ])('refuses a mistyped variable before anything is done: heddle %s', async (args) => {
    const { code, lines } = await failure({ HEDDLE_GUARDRAIL: 'secrets' }, args);
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        'heddle: HEDDLE_GUARDRAIL is no variable of Heddle; did you mean HEDDLE_GUARDRAILS? (see docs/configuration.md)',
      ],
    });
  });

  it('ends with one line and exit code 1 when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    stack.defer(() => new Promise((closed) => other.close(() => closed())));
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const { code, lines } = await failure({ PORT: String(port) });
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
    expect(lines[0]).toMatch(new RegExp(`^heddle: 127\\.0\\.0\\.1:${port} is in use.*PORT`));
  });

  it('ends with one line and exit code 1 when a variable is wrong, naming it', async () => {
    const { code, lines } = await failure({ PORT: 'many' });
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
    expect(lines[0]).toMatch(/PORT=many/);
  });

  it('ends with one line and exit code 1 when the data directory cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    const behindFile = await failure({ HEDDLE_DATA_DIR: join(dir, 'file', 'data') });
    expect({ code: behindFile.code, count: behindFile.lines.length }).toEqual({ code: 1, count: 1 });
    expect(behindFile.lines[0]).toMatch(/HEDDLE_DATA_DIR/);
    if (process.platform === 'linux') {
      // Node's own recursive mkdir goes round for ever here.
      const nowhere = await failure({ HEDDLE_DATA_DIR: '/proc/heddle/data' });
      expect({ code: nowhere.code, count: nowhere.lines.length }).toEqual({ code: 1, count: 1 });
    }
    if (process.getuid?.() === 0) return;
    await mkdir(join(dir, 'locked'));
    await chmod(join(dir, 'locked'), 0o500);
    const locked = await failure({ HEDDLE_DATA_DIR: join(dir, 'locked', 'data') });
    expect({ code: locked.code, count: locked.lines.length }).toEqual({ code: 1, count: 1 });
  });

  it('ends with one line and exit code 1 when another process owns the data directory', async () => {
    const owner = start();
    await owner.line(banner);
    const { code, lines } = await failure({});
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
    expect(lines[0]).toContain(join(dir, 'data'));
    expect(owner.child.exitCode).toBeNull();
  });

  it('ends with one line and exit code 1 for an unknown part, command or option', async () => {
    for (const args of [['--only', 'gatway'], ['sevre'], ['--ony', 'gateway']]) {
      const { code, lines } = await failure({}, args);
      expect({ args, code, count: lines.length }).toEqual({ args, code: 1, count: 1 });
    }
  });

  it('answers --help and --version wherever they stand', async () => {
    for (const [args, usage] of [
      [['store', '--help'], 'heddle store'],
      [['backup', '-h'], 'heddle backup'],
      [['schema', '--help'], 'heddle schema'],
      [['--only', '--help'], 'heddle serve'],
    ] as const) {
      const heddle = start({}, args);
      const code = await heddle.code;
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(heddle.output()).toContain(usage);
    }
    await start({}, ['--version']).line(/^\d+\.\d+\.\d+$/);
  });

  it('names what sets the port of a part that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    stack.defer(() => new Promise((closed) => other.close(() => closed())));
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const { code, lines } = await failure(
      {
        HEDDLE_MESH_SECRET: 's'.repeat(32),
        MONGO_URL: `embedded:${join(dir, 'store')}`,
        HEDDLE_USAGE_PORT: String(port),
      },
      ['--only', 'usage'],
    );
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
    expect(lines[0]).toContain('HEDDLE_USAGE_PORT');
  });

  it('names --port when the port of the store is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    stack.defer(() => new Promise((closed) => other.close(() => closed())));
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const { code, lines } = await failure({}, ['store', '--port', String(port)]);
    expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
    expect(lines[0]).toMatch(/is in use.*--port/);
  });

  it('prints addresses that can be opened from here when it listens on every one', async () => {
    const heddle = start({ HOST: '0.0.0.0' });
    await heddle.line(banner);
    expect(heddle.output()).not.toContain('0.0.0.0');
  });

  it('takes an empty variable for unset, those of providers included', async () => {
    const adminKey = newAdminKey();
    const heddle = start({ HEDDLE_ADMIN_KEY: adminKey, OPENAI_API_KEY: 'sk-none', OPENAI_BASE_URL: '' });
    const [, url = ''] = await heddle.line(banner);
    const client = createTestClient(url, adminKey);
    // Nowhere, so that no test leaves the machine.
    await client.data(
      'mutation { updateProvider(id: "openai", input: { baseUrl: "http://127.0.0.1:1" }) { id } }',
    );
    await client.data(
      'mutation { addProviderCredential(providerId: "openai", label: "there", secret: "sk-none") { id } }',
    );
    const { errors } = await client.send(
      'mutation { complete(input: { model: "openai/gpt-4.1-mini", messages: [{ role: USER, content: "x" }] }) { text } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: expect.stringMatching(/^PROVIDER_/) } }]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['models', {}, /needs MONGO_URL/],
    ['models', { MONGO_URL: 'embedded:./x' }, /HEDDLE_MESH_PUBLIC_KEYS and HEDDLE_MESH_SECRET.*mesh-key/],
    ['gateway', {}, /HEDDLE_MESH_KEY and HEDDLE_MESH_SECRET.*mesh-key/],
    ['gateway', { HEDDLE_MESH_KEY: mesh.gateway.HEDDLE_MESH_KEY ?? '' }, /needs HEDDLE_MESH_SECRET or cert/],
    ['models', { MONGO_URL: 'embedded:./x', ...mesh.subgraph, ...mesh.gateway }, /gateways alone/],
    [
      'models',
      { MONGO_URL: 'embedded:./x', ...mesh.subgraph, HOST: '0.0.0.0' },
      /HOST: .*plain HTTP.*create-ca/,
    ],
    ['gateway', { ...mesh.gateway, HEDDLE_USAGE_URL: 'http://usage:4004' }, /HEDDLE_USAGE_URL: .*plain HTTP/],
    [
      'gateway',
      { ...mesh.gateway, HEDDLE_USAGE_URL: 'https://usage:4004' },
      /HEDDLE_USAGE_URL: .*certificates/,
    ],
    ['gateway', { ...mesh.gateway, HEDDLE_TLS_CERT: './x.pem' }, /HEDDLE_TLS_KEY: must be set too/],
    ['gateway', { ...mesh.gateway, HEDDLE_TLS_CERT: './x', HEDDLE_TLS_KEY: './y' }, /HEDDLE_TLS_CA: must be/],
    [
      'gateway',
      { ...mesh.gateway, HEDDLE_TLS_CERT: './x', HEDDLE_TLS_KEY: './y', HEDDLE_TLS_CA: './z' },
      /HEDDLE_TLS_CERT.*cannot be used: ENOENT/,
    ],
  ])(
    'starts no %s that could not trust the other parts, and states what to set',
    async (part, environment, says) => {
      const { code, lines } = await failure(environment, ['--only', part]);
      expect({ code, count: lines.length }).toEqual({ code: 1, count: 1 });
      expect(lines[0]).toMatch(says);
    },
  );

  it('starts a part with HEDDLE_MESH_SECRET alone, and warns that every process can then sign', async () => {
    const heddle = start({ HEDDLE_MESH_SECRET: 's'.repeat(32), LOG_LEVEL: 'warn' }, ['--only', 'gateway']);
    await heddle.line(/only HEDDLE_MESH_SECRET is set/);
    await heddle.line(/Heddle is ready/);
  });
});
