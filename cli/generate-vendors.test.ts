import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'heddle-vendors-'));
  for (const path of [
    'package.json',
    'cli',
    'core',
    'providers',
    'schema',
    'subgraphs/models',
    'subgraphs/inference/schema.graphql',
    'docs',
  ]) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterEach(() => rmSync(copy, { recursive: true }));

const read = (path: string) => readFileSync(join(copy, path), 'utf8');

/** The line of a kind in the registry, the enum or the table of the docs. */
const entry = (kind: string) => new RegExp(`^(  |\\| \`)${kind}\\b`, 'm');

/** Runs it in the copy: what it prints of its failure. */
function fail(): string {
  const run = spawnSync(process.execPath, ['cli/generate-vendors.ts'], { cwd: copy, encoding: 'utf8' });
  expect(run.status).toBe(1);
  return run.stderr;
}

/** Runs it in the copy; the texts of registry, enum and docs as they are written. */
function generate(): readonly string[] {
  const run = spawnSync(process.execPath, ['cli/generate-vendors.ts'], { cwd: copy, encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  return [
    'providers/registry/vendors.generated.ts',
    'subgraphs/models/schema.graphql',
    'docs/providers.md',
  ].map(read);
}

describe('generating the registry of vendors', () => {
  it('takes a folder that was removed out of registry, enum and docs', () => {
    rmSync(join(copy, 'providers/groq'), { recursive: true });
    for (const text of generate()) {
      expect(text).not.toMatch(entry('GROQ'));
      expect(text).toMatch(entry('CEREBRAS'));
    }
  });

  it('writes the new kind of a folder that was renamed', () => {
    cpSync(join(copy, 'providers/groq'), join(copy, 'providers/groq-cloud'), { recursive: true });
    rmSync(join(copy, 'providers/groq'), { recursive: true });
    for (const text of generate()) {
      expect(text).toMatch(entry('GROQ_CLOUD'));
      expect(text).not.toMatch(entry('GROQ'));
    }
  });

  it('makes each hyphen of a folder an underscore of its kind', () => {
    cpSync(join(copy, 'providers/groq'), join(copy, 'providers/groq-cloud-eu'), { recursive: true });
    const texts = generate();
    expect(texts[0]).toContain('../groq-cloud-eu/vendor.ts');
    for (const text of texts) expect(text).toMatch(entry('GROQ_CLOUD_EU'));
  });

  it('reports a folder whose vendor.ts exports no vendor, and writes nothing', () => {
    writeFileSync(join(copy, 'providers/groq/vendor.ts'), 'export const vendor = {};\n');
    const before = read('providers/registry/vendors.generated.ts');
    expect(fail()).toContain('providers/groq/vendor.ts has no default export');
    expect(read('providers/registry/vendors.generated.ts')).toBe(before);
  });

  it.each(['<!-- vendors: generated -->', '<!-- end -->'])('reports docs without their mark %s', (mark) => {
    const page = read('docs/providers.md');
    expect(page).toContain(mark);
    writeFileSync(join(copy, 'docs/providers.md'), page.replaceAll(mark, ''));
    expect(fail()).toContain(mark);
  });
});
