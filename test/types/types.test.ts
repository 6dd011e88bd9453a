import { describe, expect, it } from 'vitest';
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

describe('tsc', { timeout: 120_000 }, () => {
  it('finds nothing in the checkout as it is', async () => {
    expect(await checkTypes([...tables, ...resolvers], {})).toBe('');
  });

  it('refuses a wrong result of a resolver, a field that nothing resolves, and an argument that the SDL lacks', async () => {
    const output = await checkTypes(resolvers, {
      'subgraphs/usage/resolvers.ts': [
        ['unpriced: ({ unpriced }) => unpriced ?? false,', "unpriced: ({ unpriced }) => unpriced ?? 'no',"],
        ['      id: ({ _id }) => _id,\n', ''],
        ['(_, args, context) => listInvocations(', '(_, { unknown, ...args }, context) => listInvocations('],
      ],
    });
    expect(errorsIn(output).filter((line) => !line.startsWith('subgraphs/usage/resolvers.ts'))).toEqual([]);
    expect(output).toMatch(/Type '"no" \| true' is not assignable to type '.*boolean/);
    expect(output).toContain("Property 'id' is missing in type");
    expect(output).toMatch(/Property 'unknown' does not exist on type/);
  });

  it('refuses a table and a switch that miss a value of an enum', async () => {
    const output = await checkTypes(
      [...tables, 'subgraphs/inference/input/messages.ts', 'mongo/usage-rollups.ts'],
      {
        'core/graph-enums.generated.ts': [
          ["  PUBLIC: 'PUBLIC'", "  PUBLIC: 'PUBLIC',\n  MESH: 'MESH'"],
          ["  ASSISTANT: 'ASSISTANT',", "  ASSISTANT: 'ASSISTANT',\n  DEVELOPER: 'DEVELOPER',"],
          ["  ALL: 'ALL'", "  WEEK: 'WEEK',\n  ALL: 'ALL'"],
        ],
      },
    );
    const errors = errorsIn(output);
    expect(errors).toContainEqual(expect.stringMatching(/^core\/cache-scope\.ts: .*/));
    expect(output).toContain("Property 'MESH' is missing");
    expect(errors).toContainEqual(
      expect.stringMatching(
        /^subgraphs\/inference\/input\/messages\.ts: Function lacks ending return statement/,
      ),
    );
    expect(errors).toContainEqual(expect.stringMatching(/^mongo\/usage-rollups\.ts: .*/));
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

  it('refuses a meter that no call reserves and that the ledger does not return', async () => {
    const draws = ['inference/metering/meters.ts', 'mongo/meter-history.ts'];
    const meterOfSdl: Changes = {
      'core/graph-enums.generated.ts': [["  READS: 'READS'", "  READS: 'READS',\n  BYTES: 'BYTES'"]],
    };
    const errors = errorsIn(await checkTypes(draws, meterOfSdl));
    expect(errors).toEqual(
      draws.map((file) => expect.stringMatching(`^${file}: Property 'BYTES' is missing`)),
    );
  });
});
