import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOneProcess, type TestMesh } from './support/mesh.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

/** The shell commands of a page, block by block, line continuations joined. */
function readCommands(page: string): readonly string[] {
  return [...readFileSync(resolve(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(
    (block) => block[1] ?? '',
  );
}

describe('the first steps of a reader', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startOneProcess();
  });
  afterAll(() => mesh[Symbol.asyncDispose]());

  /** Runs a command as a reader would, with the address of the mesh for the one on the page. */
  async function runCommand(command: string): Promise<string> {
    const { stdout } = await run('bash', ['-c', command.replaceAll('http://127.0.0.1:4000', mesh.url)], {
      env: { PATH: process.env.PATH ?? '', HEDDLE_KEY: mesh.adminKey },
    });
    return stdout;
  }

  const [install, test, ...firstSteps] = readCommands('README.md');
  const [start, ...quickStart] = readCommands('docs/quick-start.md');

  it('begin with the two commands that this project promises', () => {
    const { scripts } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
    expect([install, start]).toEqual(['npm ci && npm start\n', 'npm ci && npm start\n']);
    expect(scripts.start).toMatch(/ cli\/main\.ts$/);
    expect(test).toBe('npm test\n');
    expect(scripts.test).toMatch(/^vitest run\b/);
  });

  const completion = /"text":"Hello, loom".*"status":"SUCCEEDED"/s;
  const stream = /"text":"One thread after another"/;
  const expected: readonly (readonly [
    page: string,
    commands: readonly string[],
    answers: readonly RegExp[],
  ])[] = [
    ['README.md', firstSteps, [completion, stream]],
    [
      'docs/quick-start.md',
      quickStart,
      [
        completion,
        stream,
        /"name":"production".*"text":"Greet Ada in Danish\."/s,
        /^\{"text":"Greet Ada in Danish\."\}$/,
        /"secret":"hd_[^"]+".*"scopes":\["inference:invoke"\].*"meter":"COST"/s,
        /"id":"demo\/echo","price":\{"input":"0/,
      ],
    ],
  ];

  const programs = [
    ...readFileSync(resolve(root, 'README.md'), 'utf8').matchAll(/^```js\n([\s\S]*?)^```/gm),
  ].map(([, program = '']) => program);

  it('of README.md are three lines for each SDK', () => {
    expect(programs.map((program) => /from '(.+)'/.exec(program)?.[1])).toEqual([
      'openai',
      '@anthropic-ai/sdk',
    ]);
    for (const program of programs) expect(program.trimEnd().split('\n')).toHaveLength(3);
  });

  it.each(programs)('of README.md print the answer: %s', async (program) => {
    const text = program.replaceAll('http://127.0.0.1:4000', mesh.url);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', text], {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', HEDDLE_KEY: mesh.adminKey },
    });
    expect(stdout).toBe('Hello, loom\n');
  });

  it.each(expected)('of %s answer as a reader would see it', async (_page, commands, answers) => {
    expect(commands).toHaveLength(answers.length);
    for (const [index, fits] of answers.entries()) {
      const output = await runCommand(commands[index] ?? '');
      expect(output).toMatch(fits);
      expect(output).not.toContain('"errors"');
    }
  });
});
