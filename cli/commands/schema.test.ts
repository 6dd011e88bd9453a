import { buildSchema, isScalarType } from 'graphql';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runSchemaCommand } from './schema.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the command writes, and its exit code. */
async function run(...args: string[]) {
  const out = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const err = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const code = await runSchemaCommand(args);
  return { code, out: out.mock.calls.flat().join('\n'), err: err.mock.calls.flat().join('\n') };
}

describe('heddle schema', () => {
  it('states how it is called when it is called otherwise', async () => {
    for (const args of [
      [],
      ['publish'],
      ['compose', 'x'],
      ['check', '--against'],
      ['check', '--against', 'a', 'b'],
      ['check', '--strictly'],
      ['print', 'x'],
    ]) {
      await expect(run(...args)).rejects.toThrow('--against <git ref>');
    }
  });

  it('checks the schema of this checkout, and writes what it found as JSON', async () => {
    const { code, out } = await run('check', '--json', '--against', 'HEAD');
    const report = JSON.parse(out);
    expect(report).toMatchObject({ comparedWith: 'HEAD', strict: false, findings: expect.any(Array) });
    expect(report.passed).toBe(code === 0);
    expect(report.findings.filter(({ rule }: { rule: string }) => rule === 'plan')).toEqual([]);
  });

  it.each(['subgraphs/usage/generated.ts', 'docs/graphql-reference.md'])(
    'fails the check when %s is not what the SDL generates',
    async (stale) => {
      vi.doMock('#schema/types/generated-files.ts', async (load) => {
        const actual = await load<typeof import('#schema/types/generated-files.ts')>();
        return {
          ...actual,
          readGenerated: (path: string) => (path === stale ? 'older' : actual.readGenerated(path)),
        };
      });
      const { code, err } = await run('check', '--against', 'HEAD');
      vi.doUnmock('#schema/types/generated-files.ts');
      expect(code).toBe(1);
      const reported = err.split('\n').filter((line) => line.startsWith('stale: '));
      expect(reported).toEqual([expect.stringContaining(`${stale}: it is not what is generated`)]);
      expect(err).toContain('npm run schema:compose');
    },
  );

  it('prints the schema that clients see, which code generators read', async () => {
    const { code, out } = await run('print');
    expect(code).toBe(0);
    const schema = buildSchema(out);
    expect(schema.getMutationType()?.getFields()).toHaveProperty('complete');
    for (const name of ['DateTime', 'Decimal', 'JSON']) {
      const scalar = schema.getType(name);
      expect(isScalarType(scalar) && scalar.specifiedByURL, name).toMatch(/^https:/);
    }
    expect(out).not.toMatch(/join__|keyHash|_entities/);
  });

  it('names a ref that does not exist', async () => {
    const { code, err } = await run('check', '--against', 'no-such-ref');
    expect(code).toBe(1);
    expect(err).toContain('no-such-ref');
  });
});
