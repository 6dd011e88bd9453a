/**
 * From `npm start` to the first answered completion: with no compiled code kept, on an empty data directory, and on one
 * that exists; beside `node -e 0` in the same run. Wall-clock milliseconds; ROUNDS starts of each kind. INSTALL=1 measures
 * what `npm ci` installs as well. CHECKOUT=<directory> measures another checkout, such as that of an older commit.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { key } from './heddle.ts';
import { measureInstall } from './installed.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const checkout = resolve(process.env.CHECKOUT ?? join(import.meta.dirname, '..'));
const query =
  'mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "first" }] }) { text } }';

/** `npm start`, and one call as soon as it prints its address. Compiled code is kept in `compiled`, apart from that of the checkout. */
async function firstCompletionMs(dir: string, compiled: string): Promise<number> {
  const beginMs = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: checkout,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      HEDDLE_ADMIN_KEY: key,
      HEDDLE_DATA_DIR: dir,
      NODE_COMPILE_CACHE: compiled,
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(npm, 'exit');
  try {
    for await (const line of createInterface({ input: npm.stdout })) {
      const origin = /(http:\/\/127\.0\.0\.1:\d+)\/graphql/.exec(line)?.[1];
      if (origin === undefined) continue;
      const response = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query }),
      });
      const { data } = (await response.json()) as { data?: { complete?: { text?: string } } };
      if (!data?.complete?.text?.includes('first')) throw new Error('The first completion failed.');
      return performance.now() - beginMs;
    }
    throw new Error('npm start ended before it printed an address.');
  } finally {
    npm.kill('SIGTERM');
    await ended;
  }
}

function emptyNodeMs(): number {
  const beginMs = performance.now();
  execFileSync(process.execPath, ['-e', '0']);
  return performance.now() - beginMs;
}

const times = { node: [] as number[], unkept: [] as number[], first: [] as number[], later: [] as number[] };
for (let round = 0; round < rounds; round++) {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-startup-'));
  try {
    times.node.push(emptyNodeMs());
    const compiled = join(dir, 'compiled');
    times.unkept.push(await firstCompletionMs(join(dir, 'unkept'), compiled));
    times.first.push(await firstCompletionMs(join(dir, 'data'), compiled));
    times.later.push(await firstCompletionMs(join(dir, 'data'), compiled));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const row = (name: string, values: readonly number[]) =>
  `| ${name} | ${median(values).toFixed(0)} | ${(median(values) / median(times.node)).toFixed(0)} | ${values.map((value) => value.toFixed(0)).join(', ')} |`;
console.log(
  '| `npm start` to the first completion | ms | ratio to `node -e 0` | rounds |\n|---|---|---|---|',
);
console.log(row('`node -e 0`', times.node));
console.log(row('first start after `npm ci`: no compiled code, empty data directory', times.unkept));
console.log(row('first start, empty data directory', times.first));
console.log(row('later start', times.later));

if (process.env.INSTALL === '1') {
  console.log('\n| | seconds | packages | MB | MB without the package `node` |\n|---|---|---|---|---|');
  for (const flags of [[], ['--omit=dev']]) {
    const { seconds, packages, totalMB, nodeMB } = await measureInstall(checkout, flags);
    console.log(
      `| \`${['npm ci', ...flags].join(' ')}\` | ${seconds.toFixed(0)} | ${packages} | ${totalMB.toFixed(0)} | ${(totalMB - nodeMB).toFixed(0)} |`,
    );
  }
}
