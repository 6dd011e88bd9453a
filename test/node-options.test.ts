import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const readOptions = (file: string) =>
  readFileSync(resolve(root, file), 'utf8').match(/--(?:max-semi-space-size|heap-growing-percent)=\d+/g);

it('every way to start the mesh has the options of V8 that `npm start` has: others would not use its compiled code', () => {
  const options = readOptions('cli/heddle.js');
  expect(options).toHaveLength(2);
  for (const file of ['package.json', 'deploy/prepare.ts', 'Dockerfile', 'bench/heddle.ts'])
    expect(readOptions(file), file).toEqual(options);
});
