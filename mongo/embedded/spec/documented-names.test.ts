import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { documentedRows } from './documented-names.ts';

const page = new URL('../../../docs/embedded-store.md', import.meta.url);

it('docs/embedded-store.md lists what the store has and what it refuses, exactly as the code does', () => {
  expect(existsSync(page)).toBe(true);
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) =>
      /^\| (commands|query operators|update operators|stages|accumulators|expressions) \|/.test(line),
    );
  expect(rows).toEqual(documentedRows());
});
