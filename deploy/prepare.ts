/**
 * After an install: makes the bundle, then starts a mesh once in an empty directory and calls it, so that the compiled code
 * of what a start loads is kept. What fails here only makes starts slower.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { buildBundle } from './build-bundle.ts';

const root = resolve(import.meta.dirname, '..');
const startMsMax = 60_000;

/** Starts the mesh on loopback, has the demo model answer once, and ends it. */
async function startOnce(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-prepare-'));
  const key = `hd_${randomBytes(32).toString('base64url')}`;
  // As `npm start`: code that was compiled with other options of V8 is not used.
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--max-semi-space-size=16',
    '--heap-growing-percent=100',
    'cli/main.ts',
  ];
  const heddle = spawn(process.execPath, args, {
    cwd: root,
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      HEDDLE_DATA_DIR: folder,
      HEDDLE_ADMIN_KEY: key,
      LOG_LEVEL: 'error',
      // As `npm start`: the command itself is compiled before it could name the folder.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/heddle'),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(heddle, 'exit');
  const limit = setTimeout(() => heddle.kill('SIGKILL'), startMsMax);
  try {
    for await (const line of createInterface({ input: heddle.stdout })) {
      const url = /http:\/\/127\.0\.0\.1:\d+\/graphql/.exec(line)?.[0];
      if (url === undefined) continue;
      const query =
        'mutation { complete(input: { model: "demo/echo", messages: [{ role: USER, content: "Hi" }] }) { text } }';
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query }),
      });
      await response.text();
      break;
    }
  } finally {
    heddle.kill('SIGTERM');
    await ended;
    clearTimeout(limit);
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  if (await buildBundle()) await startOnce();
} catch (error) {
  // Any error: the sources run without a bundle, and without compiled code.
  console.error(`Starts of heddle will be slower: ${error instanceof Error ? error.message : String(error)}`);
}
