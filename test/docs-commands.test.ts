import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doors } from '#gateway/doors/doors.ts';
import { deriveMeshPublicKeys } from '#transport/mesh-keys.ts';
import { createTestClient } from './support/client.ts';
import {
  freePort,
  type HeddleProcess,
  meshVariables,
  newAdminKey,
  startCommand,
  startHeddle,
  temporaryDirectory,
} from './support/mesh.ts';
import { sourceFolders } from './support/source-folders.ts';

const root = resolve(import.meta.dirname, '..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Enough for a bench to show that it runs; its figures mean nothing then. */
const smallestLoad = {
  SECONDS: '0.2',
  WARM_SECONDS: '0.1',
  ROUNDS: '1',
  IN_FLIGHT: '2',
  STREAMS: '2',
  TOKENS: '3',
  JOIN_MAX: '1000',
};

const text = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');

/** Every call of an npm script that a page shows, its comment and surroundings cut off. */
const shown = new Set(
  [...text.matchAll(/\bnpm (start|test|run [\w:]+)((?: --)?(?: [-\w<>,[\].]+)*)/g)].map(
    ([, script = '', rest = '']) => `${script}${/^ -- /.test(rest) ? rest : ''}`.trim(),
  ),
);

describe('the commands of the documentation', { timeout: 120_000 }, () => {
  let stack: AsyncDisposableStack;
  let dir: string;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    dir = stack.use(await temporaryDirectory()).path;
  });
  afterEach(() => stack.disposeAsync());

  const start = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    stack.use(startHeddle(args, { LOG_LEVEL: 'warn', HEDDLE_DATA_DIR: join(dir, 'data'), ...environment }));
  const ended = (heddle: HeddleProcess) =>
    new Promise<number | null>((settle) => heddle.child.once('close', (code) => settle(code)));

  it('are npm scripts that exist', () => {
    const names = [...shown].map((command) => command.split(' -- ')[0]?.replace(/^run /, '') ?? '');
    expect(names.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('are all run by a test, here or (plain start, test, README) elsewhere', () => {
    const elsewhere = ['start', 'test', 'run check'];
    // cli/audit, cli/commands and cli/erasures have their tests.
    const ofCli = [
      ...['start -- audit verify', 'start -- audit key', 'start -- audit export'],
      'start -- doctor',
      'start -- doctor --offline',
      'start -- doctor --json',
      'start -- support-bundle bundle.json --log heddle.log',
      'start -- keys rotate',
      'start -- keys rotate --data-keys',
      'start -- erasures list > reports.jsonl',
      'start -- erasures repeat reports.jsonl requests.jsonl',
    ];
    // The first run what this file is part of, or what tests in the folders of measures and of test/redteam do.
    const here = [
      'run test:unit',
      'run coverage',
      'run guardrails:measure',
      'run alerts:measure',
      'run redteam',
      'run dev',
      'run prepare',
      'run bench',
      'run bench:check',
      'start -- --only gateway',
      'start -- --only models,prompts,tenants',
      'start -- --help',
      'start -- mesh-key',
      'start -- create-ca <directory>',
      'start -- create-ca certificates',
      'start -- backup <file>',
      'start -- backup <file> --encrypt',
      'start -- restore <file>',
      'start -- reseal',
      'start -- reseal --discard',
      'start -- store',
      'start -- store --port 27018 [--dir <directory>]',
      'start -- routes',
      'run schema:check',
      'run schema:check -- --against main',
      'run schema:compose',
    ];
    expect([...shown].filter((command) => ![...elsewhere, ...ofCli, ...here].includes(command))).toEqual([]);
  });

  it('name only files and folders that are there', () => {
    const paths = [...text.matchAll(/\b(?:node|vitest run) ([\w/-]+(?:\.ts)?)(?=[` ])/g)].map(
      ([, path = '']) => path,
    );
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('npm start -- --help names every command', async () => {
    const help = start(['--help']);
    expect(await ended(help)).toBe(0);
    for (const command of shown) {
      const [, words = ''] = command.match(/^(?:start --|run) (\w+(?::\w+)?)/) ?? [];
      if (
        !/^(dev|prepare|bench(:check)?|check|test:unit|coverage|guardrails:measure|alerts:measure|redteam)?$/.test(
          words,
        )
      )
        expect(help.output()).toContain(words.replace(':', ' '));
    }
  });

  it('npm run dev watches every folder of the server', () => {
    const watched = [...(scripts.dev ?? '').matchAll(/--watch-path=(\S+)/g)].map(([, path]) => path);
    expect(watched.sort()).toEqual(sourceFolders.toSorted());
  });

  it('npm run bench:check prints the ratios, and fails beyond the budget', async () => {
    const file = join(dir, 'budget.json');
    // Enough for the pass-through to use a hundredth of a second, below which no CPU is counted.
    const load = { seconds: 0.3, warmSeconds: 0.1, rounds: 1, inFlight: 8, streams: 20, tokens: 20 };
    const measured = Object.keys(JSON.parse(readFileSync(join(root, 'bench/budget.json'), 'utf8')).ratiosMax);
    const ratios = { complete: 1e-6, token: 1e-6 };
    const ratiosMax = Object.fromEntries(measured.map((name) => [name, 1e-6]));
    writeFileSync(file, JSON.stringify({ release: 'a test', load, percentMax: 10, ratios, ratiosMax }));
    await using beyond = startCommand(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'bench/check.ts'],
      { BUDGET: file },
    );
    expect(await ended(beyond)).toBe(1);
    expect(beyond.output()).toMatch(/^complete \d+\.\d\d, token /m);
    expect(beyond.output()).toContain('a test took 0.000001');
  });

  it.each([
    ['npm run bench', 'bench/main.ts', 'per `complete`'],
    ['npx node bench/startup.ts', 'bench/startup.ts', 'later start'],
    ['npx node bench/router.ts', 'bench/router.ts', 'join of three subgraphs'],
    ['npx node bench/providers.ts', 'bench/providers.ts', 'ANTHROPIC'],
    ['npx node bench/metrics.ts', 'bench/metrics.ts', 'one call'],
  ])('%s prints its table', async (_command, file, row) => {
    const { stdout } = await promisify(execFile)(process.execPath, [file], {
      cwd: root,
      env: { PATH: process.env.PATH, ...smallestLoad },
    });
    expect(stdout).toContain(`| ${row}`);
  });

  it('npm start -- reseal moves the secrets of a running mesh to a new key, and --discard drops those of a lost one', async () => {
    const [former, key, other] = Array.from({ length: 3 }, () => randomBytes(32).toString('hex')) as [
      string,
      string,
      string,
    ];
    const adminKey = newAdminKey();
    const common = { PORT: '0', HEDDLE_ADMIN_KEY: adminKey, OPENAI_API_KEY: '' };
    const stop = async (mesh: HeddleProcess) => {
      mesh.child.kill('SIGTERM');
      expect(await ended(mesh)).toBe(0);
    };
    const states = async (mesh: HeddleProcess) => {
      const [, url = ''] = await mesh.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
      const { provider } = await createTestClient(url, adminKey).data<{
        provider: { credentials: { state: string }[] };
      }>('{ provider(id: "p") { credentials { state } } }');
      return provider.credentials.map(({ state }) => state);
    };
    const first = start([], { ...common, HEDDLE_ENCRYPTION_KEY: former });
    const [, url = ''] = await first.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    await createTestClient(url, adminKey).data(
      'mutation { createProvider(input: { id: "p", kind: OPENAI, apiKey: "sk-of-p" }) { id } }',
    );
    await stop(first);

    const both = { HEDDLE_ENCRYPTION_KEY: key, HEDDLE_ENCRYPTION_KEY_PREVIOUS: former };
    const second = start([], { ...common, ...both });
    expect(await states(second)).toEqual(['READY']);
    const resealing = start(['reseal'], both);
    expect(await ended(resealing), resealing.output()).toBe(0);
    expect(resealing.output()).toContain('Wrapped the data keys of 1 owners');
    expect(await states(second)).toEqual(['READY']);
    await stop(second);

    const third = start([], { ...common, HEDDLE_ENCRYPTION_KEY: other });
    expect(await states(third)).toEqual(['UNREADABLE']);
    expect(third.output()).toContain('"event":"encryption_key"');
    const refused = start(['reseal'], { HEDDLE_ENCRYPTION_KEY: other });
    expect(await ended(refused)).toBe(1);
    expect(refused.output()).toContain('HEDDLE_ENCRYPTION_KEY_PREVIOUS');
    const discarding = start(['reseal', '--discard'], { HEDDLE_ENCRYPTION_KEY: other });
    expect(await ended(discarding), discarding.output()).toBe(0);
    expect(discarding.output()).toContain('1 are to be entered again');
  });

  it('npm start -- backup <file> [--encrypt] copies a running mesh, and restore <file> restores it whole', async () => {
    const adminKey = newAdminKey();
    const environment = { PORT: '0', HEDDLE_ADMIN_KEY: adminKey, HEDDLE_ENCRYPTION_KEY: 'ab'.repeat(32) };
    const mesh = start([], environment);
    const [, url = ''] = await mesh.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    await createTestClient(url, adminKey).data(
      'mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "kept" }] }) { text } }',
    );
    const file = join(dir, 'heddle.backup');
    const backup = start(['backup', file]);
    expect(await ended(backup), backup.output()).toBe(0);
    const again = start(['backup', file]);
    expect(await ended(again)).toBe(1);
    expect(again.output()).toMatch(/already exists/);
    const encrypted = join(dir, 'heddle.encrypted');
    const encrypting = start(['backup', encrypted, '--encrypt'], environment);
    expect(await ended(encrypting), encrypting.output()).toBe(0);
    const intoRunning = start(['restore', file]);
    expect(await ended(intoRunning)).toBe(1);
    expect(intoRunning.output().split('\n')).toHaveLength(1);

    const elsewhere = { ...environment, HEDDLE_DATA_DIR: join(dir, 'elsewhere') };
    const restore = start(['restore', encrypted], elsewhere);
    expect(await ended(restore), restore.output()).toBe(0);
    const restored = start([], elsewhere);
    const [, restoredUrl = ''] = await restored.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    expect(
      await createTestClient(restoredUrl, adminKey).data(
        '{ invocations { edges { node { status model { id } } } } }',
      ),
    ).toEqual({ invocations: { edges: [{ node: { status: 'SUCCEEDED', model: { id: 'demo/echo' } } }] } });
  });

  it('npm start -- routes prints every path of the gateway, and the Explorer as the environment states', async () => {
    const table = start(['routes']);
    expect(await ended(table)).toBe(0);
    const lines = table.output().trim().split('\n');
    expect(lines[0]).toMatch(/^METHOD +PATH +HANDLER +NEEDS +WHEN$/);
    expect(lines).toContainEqual(expect.stringMatching(/^POST +\/graphql +graphql +an API key, where/));
    expect(lines).toContainEqual(expect.stringMatching(/^GET +\/health\/ready +health +nothing$/));
    const json = start(['routes', '--json'], { HEDDLE_EXPLORER: 'authenticated' });
    expect(await ended(json)).toBe(0);
    const routes = JSON.parse(json.output()) as { method: string; path: string; door: string }[];
    const printed = routes.map(({ method, path, door }) => `${method} ${path} ${door}`);
    const served = doors.flatMap(({ name, paths }) =>
      paths.flatMap(({ methods, pattern, webSocket }) =>
        [...methods, ...(webSocket === undefined ? [] : ['GET'])].map(
          (method) => `${method} ${pattern} ${name}`,
        ),
      ),
    );
    expect(new Set(printed)).toEqual(new Set(served));
    expect(lines.slice(1)).toHaveLength(routes.length);
    expect(routes).toContainEqual({
      method: 'GET',
      path: '/graphql',
      door: 'explorer',
      access: 'required',
      when: 'accept: text/html',
    });
  });

  it('npm start -- store serves a directory to any MongoDB driver', async () => {
    const port = await freePort();
    const store = start(['store', '--port', String(port), '--dir', join(dir, 'alone')]);
    await store.line(
      new RegExp(`mongodb://heddle@127\\.0\\.0\\.1:${port}/.* ${join(dir, 'alone.password')}`),
    );
    const password = readFileSync(join(dir, 'alone.password'), 'utf8').trim();
    expect(statSync(join(dir, 'alone.password')).mode & 0o077).toBe(0);
    const url = (userinfo: string) => `mongodb://${userinfo}127.0.0.1:${port}/?directConnection=true`;
    for (const wrong of ['', `heddle:${password}x@`, `admin:${password}@`]) {
      const refused = MongoClient.connect(url(wrong)).then(async (stranger) => {
        stack.defer(() => stranger.close());
        await stranger.db('try').collection('threads').findOne();
      });
      await expect(refused).rejects.toThrow(/uthentication/);
    }
    const client = await MongoClient.connect(url(`heddle:${password}@`));
    stack.defer(() => client.close());
    await client.db('try').collection('threads').insertOne({ colour: 'indigo' });
    expect(await client.db('try').collection('threads').countDocuments({ colour: 'indigo' })).toBe(1);
    expect(await store.end()).toBe(0);
  });

  it('npm start -- store --no-auth serves every user of the machine, and no fail point', async () => {
    const port = await freePort();
    const store = start(['store', '--port', String(port), '--dir', join(dir, 'open'), '--no-auth']);
    await store.line(/open to every user of this machine/);
    const client = await MongoClient.connect(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    stack.defer(() => client.close());
    await client.db('try').collection('threads').insertOne({ colour: 'indigo' });
    const failPoint = {
      configureFailPoint: 'failCommand',
      mode: 'alwaysOn',
      data: { failCommands: ['find'] },
    };
    await expect(client.db('admin').command(failPoint)).rejects.toThrow(/no such command/);
  });

  it('npm start -- --only starts the parts that it names, each on its own port', async () => {
    const port = await freePort();
    const password = 'p'.repeat(16);
    const store = start(['store', '--port', String(port), '--dir', join(dir, 'alone')], {
      HEDDLE_STORE_PASSWORD: password,
    });
    await store.line(/mongodb:\/\//);
    const common = {
      MONGO_URL: `mongodb://heddle:${password}@127.0.0.1:${port}/heddle?directConnection=true`,
      PORT: '0',
      HEDDLE_MODELS_PORT: '0',
      HEDDLE_PROMPTS_PORT: '0',
      HEDDLE_TENANTS_PORT: '0',
    };
    const mesh = meshVariables();
    const some = start(['--only', 'models,prompts,tenants'], { ...common, ...mesh.subgraph });
    for (const name of ['models', 'prompts', 'tenants']) {
      const [, url = ''] = await some.line(new RegExp(`${name} +(http://127\\.0\\.0\\.1:\\d+)/graphql`));
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    }
    const gateway = start(['--only', 'gateway'], { ...common, ...mesh.gateway });
    const [, url = ''] = await gateway.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  });

  it('npm start -- mesh-key prints a pair that starts parts, and keeps the former key accepted', async () => {
    const run = async (environment: Readonly<Record<string, string>> = {}) => {
      const printed = start(['mesh-key'], environment);
      expect(await ended(printed), printed.output()).toBe(0);
      const [, key = ''] = /^HEDDLE_MESH_KEY=(.+)$/m.exec(printed.output()) ?? [];
      const [, keys = ''] = /^HEDDLE_MESH_PUBLIC_KEYS=(.+)$/m.exec(printed.output()) ?? [];
      return { key, keys: keys.split(',') };
    };
    const first = await run();
    expect([first.key.length, first.keys.length]).toEqual([43, 1]);
    const gateway = start(['--only', 'gateway'], {
      ...meshVariables().gateway,
      HEDDLE_MESH_KEY: first.key,
      PORT: '0',
    });
    await gateway.line(/Heddle is ready/);
    const second = await run({ HEDDLE_MESH_PUBLIC_KEYS: first.keys.join() });
    expect(second.keys.slice(1)).toEqual(first.keys);
    const secret = 's'.repeat(32);
    const migrating = await run({ HEDDLE_MESH_SECRET: secret });
    expect(migrating.keys.slice(1)).toEqual(deriveMeshPublicKeys(secret));
    const changing = await run({ HEDDLE_MESH_SECRET: `${'t'.repeat(32)},${secret}` });
    expect(changing.keys.slice(1)).toEqual(deriveMeshPublicKeys('t'.repeat(32)));
  });

  it('npm start -- create-ca <directory> makes certificates', async () => {
    const made = start(['create-ca', join(dir, 'certificates')]);
    expect(await ended(made), made.output()).toBe(0);
    expect(readdirSync(join(dir, 'certificates'))).toEqual(expect.arrayContaining(['ca.pem', 'gateway']));
  });

  it('npm run schema:check and schema:compose agree with what is committed', async () => {
    const committed = readFileSync(join(root, 'schema/supergraph.graphql'), 'utf8');
    const compose = start(['schema', 'compose']);
    expect(await ended(compose), compose.output()).toBe(0);
    expect(readFileSync(join(root, 'schema/supergraph.graphql'), 'utf8')).toBe(committed);
    const types = readFileSync(join(root, 'subgraphs/usage/generated.ts'), 'utf8');
    const generate = start(['schema', 'types']);
    expect(await ended(generate), generate.output()).toBe(0);
    expect(readFileSync(join(root, 'subgraphs/usage/generated.ts'), 'utf8')).toBe(types);
    for (const args of [[], ['--against', 'HEAD']]) {
      const check = start(['schema', 'check', ...args]);
      expect(await ended(check), check.output()).toBe(0);
    }
  });
});
