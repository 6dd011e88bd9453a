import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mergeCollected } from './merge-collected.ts';

/**
 * Brings the contract of the store up to date: `npx node test/contract/collect.ts [test files]` runs the tests (all of
 * the product without arguments), adds the commands that they make the domain send, with what the embedded store
 * answers to an example of each, and (all tests) removes those that none sends. What is added is to be read: it is what
 * any server has to answer.
 */
const root = resolve(import.meta.dirname, '../..');
const tests = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'heddle-commands-'));
try {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const chosen = tests.length > 0 ? tests : ['--exclude', 'mongo/embedded/**'];
  const child = spawn(process.execPath, [vitest, 'run', '--maxWorkers=1', ...chosen], {
    cwd: root,
    env: { ...process.env, STORE_COMMANDS_DIR: dir },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) console.error('Some tests failed: what they would have sent is not collected.');
  const { added, removed, kept } = await mergeCollected(dir, { isWhole: tests.length === 0 && code === 0 });
  console.log(`${added} commands added, ${removed} removed, ${kept} kept`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
