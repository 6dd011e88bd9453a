import { beforeAll, describe, expect, it } from 'vitest';
import { type Changes, checkTypes } from './changed-checkout.ts';

const tables = ['core/limit-windows.ts', 'core/cache-scope.ts', 'state/quota/windows.ts'];
const resolvers = ['subgraphs/usage/resolvers.ts', 'subgraphs/inference/input/messages.ts'];

const windowOfSdl: Changes = {
  'core/graph-enums.generated.ts': [["  MONTH: 'MONTH',", "  MONTH: 'MONTH',\n  WEEK: 'WEEK',"]],
};
const windowOfTable: Changes = {
  'core/limit-windows.ts': [
    ['  INFLIGHT: {', "  WEEK: { kind: 'CALENDAR', seconds: 604_800, durable: true },\n  INFLIGHT: {"],
  ],
};

/** The lines that tsc reports: file and message, without what follows from them. */
function errorsIn(output: string): readonly string[] {
  return output.split('\n').flatMap((line) => {
    const [, file, message] = /^([\w/.-]+)\(\d+,\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
    return file === undefined ? [] : [`${file}: ${message}`];
  });
}

/** Each run of tsc reads all that the files import: changes that do not disturb each other share one. */
const wrong: Changes = {
  'subgraphs/usage/resolvers.ts': [
    ['unpriced: ({ unpriced }) => unpriced ?? false,', "unpriced: ({ unpriced }) => unpriced ?? 'no',"],
    ['      id: ({ _id }) => _id,\n', ''],
    ['(_, args, context) => listInvocations(', '(_, { unknown, ...args }, context) => listInvocations('],
  ],
  'core/graph-enums.generated.ts': [
    ["  PUBLIC: 'PUBLIC'", "  PUBLIC: 'PUBLIC',\n  MESH: 'MESH'"],
    ["  ASSISTANT: 'ASSISTANT',", "  ASSISTANT: 'ASSISTANT',\n  DEVELOPER: 'DEVELOPER',"],
    ["  ALL: 'ALL'", "  WEEK: 'WEEK',\n  ALL: 'ALL'"],
    ["  READS: 'READS'", "  READS: 'READS',\n  BYTES: 'BYTES'"],
  ],
};

describe('tsc', { timeout: 120_000 }, () => {
  describe('of a checkout with wrong resolvers and new values of enums', () => {
    const draws = ['inference/metering/meters.ts', 'mongo/meter-history.ts'];
    let output: string;
    let errors: readonly string[];
    beforeAll(async () => {
      output = await checkTypes([...tables, ...resolvers, ...draws, 'mongo/usage/buckets.ts'], wrong);
      errors = errorsIn(output);
    });

    it('refuses a wrong result of a resolver, a field that nothing resolves, and an argument that the SDL lacks', () => {
      expect(output).toMatch(/Type '"no" \| true' is not assignable to type '.*boolean/);
      expect(output).toContain("Property 'id' is missing in type");
      expect(output).toMatch(/Property 'unknown' does not exist on type/);
      expect(errors.filter((line) => line.startsWith('subgraphs/usage/resolvers.ts'))).toHaveLength(3);
    });

    it('refuses a table and a switch that miss a value of an enum', () => {
      expect(errors).toContainEqual(
        expect.stringMatching(/^core\/cache-scope\.ts: Property 'MESH' is missing/),
      );
      expect(errors).toContainEqual(
        expect.stringMatching(
          /^subgraphs\/inference\/input\/messages\.ts: Function lacks ending return statement/,
        ),
      );
      expect(errors).toContainEqual(expect.stringMatching(/^mongo\/usage\/buckets\.ts: .*"WEEK"/));
    });

    it('refuses a meter that no call reserves and that the ledger does not return', () => {
      expect(errors.filter((line) => line.includes("'BYTES'"))).toEqual(
        draws.map((file) => expect.stringMatching(`^${file}: Property 'BYTES' is missing`)),
      );
    });

    it('finds nothing in the files that are as they were, but for what reads a window of usage', () => {
      const files = new Set(errors.map((line) => line.replace(/:.*/, '')));
      expect([...files].toSorted()).toEqual([
        'core/cache-scope.ts',
        ...draws,
        'mongo/usage/buckets.ts',
        'mongo/usage/slices.ts',
        'subgraphs/inference/input/messages.ts',
        'subgraphs/usage/resolvers.ts',
        'subgraphs/usage/usage-query.ts',
      ]);
    });
  });

  it.each<[where: string, Changes, message: RegExp]>([
    ['the SDL', windowOfSdl, /^core\/limit-windows\.ts: Property 'WEEK' is missing/],
    ['the table', windowOfTable, /^core\/limit-windows\.ts: .*'WEEK' does not exist in type/],
  ])('refuses a limit window that stands in %s alone', async (_, changes, message) => {
    const [first] = errorsIn(await checkTypes(tables, changes));
    expect(first).toMatch(message);
  });

  it('refuses a window of the calendar whose start and end nothing computes', async () => {
    const errors = errorsIn(await checkTypes(tables, { ...windowOfSdl, ...windowOfTable }));
    expect(errors.map((line) => line.replace(/:.*/, ''))).toEqual([
      'state/quota/windows.ts',
      'state/quota/windows.ts',
    ]);
    expect(errors.join('\n')).toMatch(/Function lacks ending return statement/);
  });
});
