import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { variables } from '#cli/config.ts';
import { scopes } from '#schema/caller.ts';
import { errorCatalogue } from '#schema/errors.ts';
import { guardrailsOf } from '#subgraphs/inference/guardrails/guardrails.ts';
import { configurationRows, errorRows, scopeRows } from './support/doc-tables.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('documentation', () => {
  it('docs/configuration.md has every variable with its default and meaning, and no other', () => {
    const rows = read('docs/configuration.md')
      .split('\n')
      .filter((line) => /^\| `[A-Z_]+` \|/.test(line) && !line.includes('_API_KEY'));
    expect(rows.filter((row) => !/provider/.test(row.split('|')[1] ?? ''))).toEqual(
      configurationRows(variables),
    );
  });

  it('docs/errors.md has every code of the catalogue with what it means and what to do', () => {
    const rows = read('docs/errors.md')
      .split('\n')
      .filter((line) => /^\| `[A-Z_]+` \|/.test(line));
    expect(rows).toEqual(errorRows(errorCatalogue));
  });

  it('docs/policy.md has every scope', () => {
    const rows = read('docs/policy.md')
      .split('\n')
      .filter((line) => /^\| `[a-z]+:[a-z]+` \|/.test(line));
    expect(rows).toEqual(scopeRows(scopes));
  });

  it('docs/guardrails.md has every guardrail', () => {
    const names = [...read('docs/guardrails.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(() => guardrailsOf('no-such')).toThrow(`there are: ${names.join(', ')}.`);
  });

  it('links between pages lead somewhere', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !existsSync(resolve(root, dirname(page), target)))
        .map((target) => `${page} links to ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
