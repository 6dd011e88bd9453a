import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSupergraph } from '#schema/compose.ts';
import { readFieldRequirements } from '#schema/field-policies.ts';
import { runHeddle, startOneProcess, type TestMesh } from '#test/support/mesh.ts';

interface Policy {
  readonly coordinate: string;
  readonly allowed: boolean;
  readonly reason: string | null;
}

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startOneProcess({});
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const run = (args: readonly string[], key: string | undefined = mesh.adminKey) =>
  runHeddle(['policy', '--url', mesh.url, ...args], key === undefined ? {} : { HEDDLE_KEY: key });

const readPolicies = async (...args: string[]): Promise<ReadonlyMap<string, Policy>> => {
  const { code, output } = await run(['--json', ...args]);
  expect(code, output).toBe(0);
  return new Map((JSON.parse(output) as Policy[]).map((one) => [one.coordinate, one]));
};

describe('heddle policy', () => {
  it('prints a line for each field, with what it requires', async () => {
    const { code, output } = await run([]);
    expect(code).toBe(0);
    const lines = output.trim().split('\n');
    expect(lines[0]).toMatch(/^FIELD +ALLOWED +REQUIRES +POLICY +METERS +AUDITED +REASON$/);
    expect(lines).toContainEqual(expect.stringMatching(/^Query\.me +yes +authentication$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^Query\.completion +yes +\S.*completions:read.* own-call +completion\.read$/),
    );
    expect(lines).toHaveLength(readFieldRequirements(readSupergraph() ?? '').length + 1);
  });

  it('prints what a role may not select, and why', async () => {
    const viewer = await readPolicies('--as', 'VIEWER');
    expect(viewer.get('Query.usage')).toMatchObject({ allowed: true, reason: null });
    expect(viewer.get('Mutation.createApp')).toMatchObject({
      allowed: false,
      reason: 'Mutation.createApp requires the scope tenants:write.',
    });
    const anonymous = await readPolicies('--as', 'ANONYMOUS');
    expect(
      [...anonymous.values()].filter(
        ({ coordinate, allowed }) => allowed && /^(Query|Mutation)\./.test(coordinate),
      ),
    ).toEqual([]);
  });

  it.each([
    [
      'a holder that is not there',
      ['--as', 'none'],
      undefined,
      /There is no API key, member, subject or role "none"/,
    ],
    ['a key that is not accepted', [], `hd_${'x'.repeat(16)}_${'y'.repeat(32)}`, /key/],
    ['an address that is none', ['--url', 'ftp://x'], undefined, /--url must be the http or https address/],
    ['another argument', ['VIEWER'], undefined, /usage: heddle policy/],
  ])('ends with a line and code 1 for %s', async (_what, args, key, message) => {
    const { code, output } = await run(args, key ?? mesh.adminKey);
    expect(code).toBe(1);
    expect(output).toMatch(message);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).not.toContain(mesh.adminKey);
  });
});
