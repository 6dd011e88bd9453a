import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { supportedNames } from './documented-names.ts';
import { SCOPE, SENDERS } from './scope.ts';
import { SUITES, specsFolder } from './unified/locate.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const splitNames = (names: string | undefined) => names?.split(' ') ?? [];
const all = SENDERS.flatMap((sender) =>
  Object.entries(SCOPE).flatMap(([kind, scope]) =>
    splitNames(scope[sender]).map((name) => ({ kind, sender, name })),
  ),
);
const selectNames = (sender: string) => all.filter((one) => one.sender === sender);

describe('the scope of the store', () => {
  it.each(Object.keys(SCOPE))('lists a sender for every one of its %s, one each', (kind) => {
    const named = all.filter((one) => one.kind === kind).map(({ name }) => name);
    expect(named.sort()).toEqual(supportedNames(kind).sort());
  });

  it('is in the README as it is here', () => {
    const rows = Object.entries(SCOPE).map(([kind, scope]) => {
      const cells = SENDERS.map((sender) =>
        splitNames(scope[sender])
          .map((name) => `\`${name}\``)
          .join(' '),
      );
      return `| ${[kind, ...cells].join(' | ')} |`;
    });
    const page = read('../README.md').split('\n');
    expect(page.filter((line) => rows.includes(line))).toEqual(rows);
  });

  it('has from the domain what the domain sends', () => {
    const contract = read('../../../test/contract/commands.jsonl');
    expect(selectNames('domain').length).toBeGreaterThan(30);
    expect(selectNames('domain').filter(({ name }) => !contract.includes(`\\"${name}\\":`))).toEqual([]);
  });

  it('has from the specification tests what is in them, where they are', () => {
    const folder = specsFolder();
    if (folder === undefined) {
      console.log('MongoDB’s specification tests: none found (MONGO_SPECS_DIR), so none looked at');
      return;
    }
    const files = SUITES.flatMap((suite) =>
      readdirSync(join(folder, suite), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFileSync(join(folder, suite, name), 'utf8')),
    );
    // Sent by every runner of these tests, between them.
    const text = `${files.join('')}"killAllSessions"`;
    expect(selectNames('specifications').filter(({ name }) => !text.includes(`"${name}"`))).toEqual([]);
  });
});
