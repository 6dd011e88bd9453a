import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runHeddle, temporaryDirectory } from '#test/support/mesh.ts';
import { describeUsage, usageError } from './usage.ts';

const folder = join(import.meta.dirname, 'commands');
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => ({ name: name.slice(0, -'.ts'.length), text: readFileSync(join(folder, name), 'utf8') }));
/** Commands that are not in a file of their own name. */
const files: Readonly<Record<string, readonly string[]>> = { backup: ['backup', 'restore'] };

describe('heddle --help', () => {
  it.each(sources)('lists exactly the options that $name parses', ({ name, text }) => {
    const parsed = [...text.matchAll(/'?([\w-]+)'?: \{ type: '(?:string|boolean)'/g)].map(
      ([, option]) => option,
    );
    const help = (files[name] ?? [name]).map((command) => describeUsage(command)).join('\n');
    const listed = new Set([...help.matchAll(/^ {4}--([\w-]+)/gm)].map(([, option]) => option));
    expect([...listed].toSorted()).toEqual([...new Set(parsed)].toSorted());
  });

  it('lists every command, and one command alone on request', () => {
    const all = describeUsage();
    for (const { name } of sources) {
      for (const command of files[name] ?? [name]) {
        expect(all).toMatch(new RegExp(`^  heddle ${command}\\b`, 'm'));
        const [first, ...others] = new Set(
          [...describeUsage(command).matchAll(/^ {2}heddle ([\w-]+)/gm)].map(([, found]) => found),
        );
        expect([first, others]).toEqual([command, []]);
        expect(usageError(command).message).toContain(`usage: heddle ${command}`);
      }
    }
  });

  it('names each option of a command whose arguments are wrong', () => {
    const { message } = usageError('backup');
    const options = [...describeUsage('backup').matchAll(/^ {4}(--\S+(?: <\S+>)?)/gm)].map(
      ([, option]) => option,
    );
    expect(options.length).toBeGreaterThan(2);
    for (const option of options) expect(message).toContain(`[${option}]`);
  });

  it('explains commands and options in one column, as far as their names leave room', () => {
    const columns = [...describeUsage().matchAll(/^ {2,4}(?:heddle|--)(?:(?! {2}).)* {2,}(?=\S)/gm)];
    expect(columns.length).toBeGreaterThan(10);
    expect(new Set(columns.map(([text]) => text.length))).toEqual(new Set([33]));
  });
});

describe('heddle', () => {
  let stack: AsyncDisposableStack;
  let dir: string;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    dir = stack.use(await temporaryDirectory()).path;
  });
  afterEach(() => stack.disposeAsync());

  const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    runHeddle(args, { HEDDLE_DATA_DIR: join(dir, 'data'), ...environment });

  it.each([
    ['backup', '--help'],
    ['help', 'backup'],
    ['backup', 'file', '-h'],
  ])('prints the help of a command alone, whatever the variables are: %s %s', async (...args) => {
    const { code, output } = await run(args, { HEDDLE_ENCRYPTION_KEY_FILE: join(dir, 'none'), PORT: 'x' });
    expect({ code, output }).toEqual({ code: 0, output: describeUsage('backup') });
  });

  it.each(['--version', '-v'])('prints the version of its package: %s', async (option) => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
    expect(await run([option])).toEqual({ code: 0, output: manifest.version });
  });

  it.each([['restor'], ['restor', '--help'], ['help', 'restor']])(
    'refuses a mistyped command with the one that was meant: %s',
    async (...args) => {
      expect(await run(args)).toEqual({
        code: 1,
        output: 'heddle: there is no command restor; try --help. Did you mean "restore"?',
      });
    },
  );

  /** Each: what cannot be, and the one line that names the path and what to do. */
  const failures: readonly (readonly [
    string,
    (dir: string) => readonly string[],
    (dir: string) => string,
  ])[] = [
    [
      'a file in the place of a directory',
      (at) => ['create-ca', join(at, 'file')],
      (at) => `${at}/file is no directory, or lies below a file; name a directory`,
    ],
    [
      'a directory below a file',
      (at) => ['create-ca', join(at, 'file', 'ca')],
      (at) => `${at}/file/ca is no directory, or lies below a file; name a directory`,
    ],
    [
      'a data directory that is a file',
      (at) => ['restore', join(at, 'file'), '--dir', join(at, 'file', 'x')],
      (at) => `${at}/file/x is no directory, or lies below a file; name a directory`,
    ],
    [
      'a host that is none',
      (at) => ['create-ca', join(at, 'ca'), '--host', 'a b'],
      () => '--host a b: must be a host name or an IP address',
    ],
    [
      'a reseal where no store is',
      () => ['reseal'],
      (at) => `${at}/data/store holds no store: set HEDDLE_DATA_DIR to the directory of the mesh`,
    ],
  ];
  it.each(failures)(
    'explains %s in one line with the path and what to do, and makes nothing',
    async (_, args, line) => {
      await writeFile(join(dir, 'file'), 'no store');
      expect(await run(args(dir))).toEqual({ code: 1, output: `heddle: ${line(dir)}` });
      expect(readdirSync(dir)).toEqual(['file']);
    },
  );

  it.runIf(existsSync('/proc/self'))('ends where a file system makes no directories', async () => {
    expect(await run(['create-ca', '/proc/ca'])).toMatchObject({
      code: 1,
      output: expect.stringContaining('cannot be made'),
    });
  });
});
