import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOneProcess, type TestMesh } from './support/mesh.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);

/** The shell commands of a page, block by block, line continuations joined. */
function commandsOf(page: string): readonly string[] {
  return [...readFileSync(resolve(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(
    (block) => block[1] ?? '',
  );
}

describe('README.md', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startOneProcess();
  });
  afterAll(() => mesh[Symbol.asyncDispose]());

  const [install, test, ...rest] = commandsOf('README.md');

  it('starts with the two commands that this project promises', () => {
    const { scripts } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
    expect(install).toBe('npm ci && npm start\n');
    expect(scripts.start).toMatch(/ cli\/main\.ts$/);
    expect(test).toBe('npm test\n');
    expect(scripts.test).toMatch(/^vitest run\b/);
  });

  const expected: readonly (readonly [title: string, fits: RegExp])[] = [
    ['first completion', /"text":"Hello, loom".*"status":"SUCCEEDED"/s],
    ['first stream', /"text":"One thread after another"/],
    ['first prompt', /"name":"production".*"text":"Greet Ada in Danish\."/s],
  ];

  it('has a command for each of its first steps', () => {
    expect(rest).toHaveLength(expected.length);
  });

  it.each(expected.map(([title, fits], index) => [title, index, fits] as const))(
    'answers its %s as a reader would see it',
    async (_title, index, fits) => {
      const command = (rest[index] ?? '').replaceAll('http://127.0.0.1:4000', mesh.url);
      const { stdout } = await run('bash', ['-c', command], {
        env: { PATH: process.env.PATH ?? '', HEDDLE_KEY: mesh.adminKey },
      });
      expect(stdout).toMatch(fits);
      expect(stdout).not.toContain('"errors"');
    },
  );
});
