#!/usr/bin/env node
/**
 * `heddle` as npm installs it: plain JavaScript that any Node can read. Runs the command on Node 24, with the options of
 * `npm start`: from the sources in a checkout, from dist/ in an installed package (Node strips no types below node_modules).
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMajorMin = 24;

/** The Node that runs this where it is new enough, else the one of the npm package `node`. */
function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= nodeMajorMin) return process.execPath;
  try {
    const installed = join(
      dirname(createRequire(import.meta.url).resolve('node/package.json')),
      'bin',
      'node',
    );
    if (existsSync(installed)) return installed;
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  console.error(
    `heddle: needs Node ${nodeMajorMin}, and this is ${process.versions.node}. ` +
      'Install it, or let npm run the install script of the package "node".',
  );
  return process.exit(1);
}

const source = fileURLToPath(new URL('./main.ts', import.meta.url));
const compiled = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const main = existsSync(source) ? source : compiled;
const node = findNode();
// Compiled code and stripped types are kept among the packages of a checkout.
const cache = fileURLToPath(new URL('../node_modules/.cache/heddle', import.meta.url));
const environment =
  main === source && process.env.NODE_COMPILE_CACHE === undefined
    ? { ...process.env, NODE_COMPILE_CACHE: cache }
    : process.env;
// Of memory: a heap that may double between two collections, where V8 lets it grow to four times what is alive (docs/performance.md).
const args = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=16',
  '--heap-growing-percent=100',
  main,
  ...process.argv.slice(2),
];

if (process.platform !== 'win32' && typeof process.execve === 'function') {
  // The command takes the place of this process: its signals and its exit code need no relay. Warns that it is new.
  process.removeAllListeners('warning');
  process.execve(node, [node, ...args], environment);
}
const child = spawn(node, args, { stdio: 'inherit', env: environment });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
