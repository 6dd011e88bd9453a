import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { collectEnums, generateTypes } from './generate.ts';
import { findStaleFiles, readGenerated } from './generated-files.ts';

describe('types generated from the SDL', () => {
  it('are committed as the SDL generates them', async () => {
    expect(findStaleFiles(await generateTypes(), readGenerated)).toEqual([]);
  });

  it('are stale for the schema check when one is missing or other than generated', () => {
    const files = [
      { path: 'a.ts', text: 'a' },
      { path: 'b.ts', text: 'b' },
      { path: 'c.ts', text: 'c' },
    ];
    const committed: Readonly<Record<string, string>> = { 'a.ts': 'a', 'b.ts': 'other' };
    const findings = findStaleFiles(files, (path) => committed[path]);
    expect(findings.map(({ rule, where }) => `${rule} ${where}`)).toEqual(['stale b.ts', 'stale c.ts']);
  });

  it('need no code at run time but the names of enums', async () => {
    for (const { path, text } of await generateTypes()) {
      const statements = text.match(/^(?:export )?(?:const|enum|class|function|import (?!type))/gm) ?? [];
      if (path !== 'core/graph-enums.generated.ts') expect(statements, path).toEqual([]);
      expect(text, path).not.toMatch(/\benum\b/);
    }
  });

  it('are one for an enum that several subgraphs define, which must be the same', () => {
    const first = parse('enum Status { ON OFF }');
    expect(collectEnums([first, first])).toHaveLength(1);
    expect(() => collectEnums([first, parse('enum Status { ON OFF BROKEN }')])).toThrow('enum Status');
    expect(() => collectEnums([first, parse('enum Status { ON AWAY }')])).toThrow('enum Status');
  });
});
