import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scopes } from '#core/caller.ts';
import { countLimitsTable } from '#core/count-limits.ts';
import { errorCatalog } from '#core/errors.ts';
import { cutReasons } from '#core/observers/gateway-observer.ts';
import { builtInRoles } from '#core/roles.ts';
import { anthropicDoor } from '#gateway/doors/anthropic/anthropic-door.ts';
import { openAiDoor } from '#gateway/doors/openai/openai-door.ts';
import { promptsDoor } from '#gateway/doors/prompts/prompts-door.ts';
import { knownRules } from '#guardrails/rules.ts';
import { composeCheckout } from '#schema/compose.ts';
import { variables } from '#server/config.ts';
import type { Variable } from '#server/variable-types.ts';
import { sourceFolders } from '#test/support/source-folders.ts';
import { dialectErrorRows } from './support/dialect-errors.ts';
import { configurationRows, errorRows, reachRows, roleRows, scopeRows } from './support/doc-tables.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The anchor that a heading has where Markdown is shown. */
function computeAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

describe('documentation', () => {
  it('docs/configuration.md has every variable with its default and meaning, and no other', () => {
    const rows = read('docs/configuration.md')
      .split('\n')
      .filter((line) => /^\| `[A-Z_]+` \|/.test(line) && !line.includes('_API_KEY'));
    expect(rows.filter((row) => !/provider/.test(row.split('|')[1] ?? ''))).toEqual(
      configurationRows(variables),
    );
  });

  it('docs/configuration.md names every secret that is read from a file, besides the keys of providers', () => {
    const page = read('docs/configuration.md');
    const begin = page.indexOf('\nEvery secret can be read from a file');
    const paragraph = page.slice(begin, page.indexOf('\n\n', begin + 1));
    const named = [...paragraph.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name);
    const secrets = Object.entries<Variable>(variables).flatMap(([name, { secret }]) =>
      secret ? [name] : [],
    );
    expect(named.toSorted()).toEqual(secrets.toSorted());
  });

  it('docs/limits-and-errors.md has every code of the catalog with what it means and what to do', () => {
    const rows = read('docs/limits-and-errors.md')
      .split('\n')
      .filter((line) => /^\| `[A-Z_]+` \|/.test(line));
    expect(rows).toEqual(errorRows(errorCatalog));
  });

  it('docs/limits-and-errors.md has the status and the names of every code in each dialect', () => {
    const rows = read('docs/limits-and-errors.md')
      .split('\n')
      .filter((line) => /^\| \d{3} \| `[A-Z_]+` \|/.test(line));
    const codes = Object.keys(errorCatalog) as (keyof typeof errorCatalog)[];
    const dialects = { openAi: openAiDoor, anthropic: anthropicDoor, prompts: promptsDoor };
    expect(rows).toEqual(dialectErrorRows(codes, dialects));
  });

  it('docs/policy.md has every scope', () => {
    const rows = read('docs/policy.md')
      .split('\n')
      .filter((line) => /^\| `[a-z]+:[a-z]+` \|/.test(line));
    expect(rows).toEqual(scopeRows(scopes));
  });

  it('docs/roles.md has every scope of every built-in role', () => {
    const rows = read('docs/roles.md')
      .split('\n')
      .filter((line) => /^\| (?:scope|`[a-z]+:[a-z]+`) \|/.test(line));
    expect(rows).toEqual(roleRows(Object.keys(scopes), builtInRoles));
  });

  it('docs/policy.md has what each scope reaches', () => {
    const rows = read('docs/policy.md')
      .split('\n')
      .filter((line) => /^\| `[a-z]+:[a-z]+` alone \|/.test(line));
    expect(rows).toEqual(reachRows(composeCheckout(), Object.keys(scopes)));
  });

  it('docs/limits-and-errors.md has every count limit', () => {
    const rows = read('docs/limits-and-errors.md')
      .split('\n')
      .filter((line) => /^\| `[a-zA-Z]+` \| [\d,]+ \|/.test(line));
    expect(rows).toEqual(
      Object.entries(countLimitsTable).map(
        ([name, [max, what]]) => `| \`${name}\` | ${max.toLocaleString('en-US')} | ${what} |`,
      ),
    );
  });

  it('docs/guardrails.md has every rule with its summary', () => {
    const rows = [...read('docs/guardrails.md').matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm)];
    expect(rows.map(([, name, summary]) => [name, summary])).toEqual(
      knownRules.map(({ name, summary }) => [name, summary]),
    );
  });

  it('docs/guardrails.md names the rules that have default options', () => {
    const [, listed = ''] =
      /rules that have default options \(([^)]*)\)/.exec(read('docs/guardrails.md')) ?? [];
    expect([...listed.matchAll(/`([\w-]+)`/g)].map(([, name]) => name)).toEqual(
      knownRules.filter(({ options }) => options.safeParse({}).success).map(({ name }) => name),
    );
  });

  it('docs/observability.md has every event of the log and every reason of a cut stream or call', () => {
    const page = read('docs/observability.md');
    const sources = sourceFolders
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
          (name) => `${folder}/${name}`,
        ),
      )
      .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|-suite\.ts$|\/(embedded|testing)\//.test(path))
      .map(read)
      .join('\n');
    const events = [...sources.matchAll(/\bevent: (?:\w+ \? '(\w+)' : )?'(\w+)'[,} ]/g)].flatMap((found) =>
      found.slice(1).filter((name) => name !== undefined),
    );
    const listed = [...page.matchAll(/^\| `(\w+)` \| (?:info|warn|error|fatal)/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual([...new Set(events)].toSorted());

    const ofCalls = [...sources.matchAll(/event: 'cut', reason: '(\w+)'/g)].map(([, name]) => name);
    const reasons = [...cutReasons, ...ofCalls];
    const [reasonsText = ''] = /^- `reason` of a cut:[\s\S]*?(?=\n- )/m.exec(page) ?? [];
    const documented = [...reasonsText.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name);
    expect(documented.toSorted()).toEqual([...new Set(reasons)].toSorted());
  });

  it('README.md leads to every page of docs/, CONTRIBUTING.md and the decisions to those of their folders', () => {
    const readList = (page: string) => {
      if (page === 'docs/decisions/README.md') return 'docs/architecture.md';
      if (page.startsWith('docs/decisions/')) return 'docs/decisions/README.md';
      return page.startsWith('docs/contributing/') ? 'CONTRIBUTING.md' : 'README.md';
    };
    const unlisted = pages.filter((page) => {
      const list = readList(page);
      return page.startsWith('docs/') && !read(list).includes(`](${relative(dirname(list), page)})`);
    });
    expect(unlisted).toEqual([]);
  });

  it('links between pages lead to a file, and to a heading of it', () => {
    const readHeadings = (page: string) =>
      [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => computeAnchor(heading));
    const linked = [...pages, 'SECURITY.md', 'examples/README.md', 'mongo/embedded/README.md'].flatMap(
      (page) =>
        [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(
          ([link, target = '', anchor]) => ({
            link: `${page}: ${link}`,
            file: target === '' ? page : relative(root, resolve(root, dirname(page), target)),
            anchor,
          }),
        ),
    );
    expect(linked.length).toBeGreaterThan(100);
    const broken = linked.filter(
      ({ file, anchor }) =>
        !existsSync(join(root, file)) || (anchor !== undefined && !readHeadings(file).includes(anchor)),
    );
    expect(broken.map(({ link }) => link)).toEqual([]);
  });
});
