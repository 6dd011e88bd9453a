import type { ExecutionResult } from 'graphql';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { clientError } from '../errors.ts';
import type { Fetch, Step } from '../planning/plan.ts';
import { type Run, runStep } from './run.ts';

const fetch: Fetch = {
  subgraph: 'a',
  document: parse('{ looms { _alias: name } }'),
  operationName: undefined,
  variables: [],
  rootKeys: ['looms'],
  outputRewrites: [
    {
      kind: 'rename',
      path: [
        { kind: 'key', key: 'looms' },
        { kind: 'key', key: '_alias' },
      ],
      to: 'name',
    },
  ],
};

/** The run after one step that a subgraph answered with this. */
async function run(step: Step, result: ExecutionResult, data: Record<string, unknown> = {}): Promise<Run> {
  const started: Run = {
    variables: {},
    isOfType: (type, conditions) => conditions.includes(type),
    send: () => Promise.resolve(result),
    present: (error, path) => clientError('CONFLICT', (error as Error).message, path),
    data,
    errors: [],
    missing: new Set(),
    failed: new Set(),
  };
  await runStep(started, step);
  return started;
}

describe('running a plan', () => {
  it('reports errors under the names that the client used, where the planner had to use others', async () => {
    const failed = { message: 'no', path: ['looms', 0, '_alias'] } as never;
    const root = await run(
      { kind: 'root', fetch },
      { data: { looms: [{ _alias: null }] }, errors: [failed] },
    );
    expect(root.data).toEqual({ looms: [{ name: null }] });
    expect(root.errors[0]?.path).toEqual(['looms', 0, 'name']);

    const group = {
      key: '_entities',
      variable: 'representations',
      paths: [[{ kind: 'field', key: 'loom' } as const]],
      requires: [{ kind: 'Field', name: 'id' } as never],
      inputRewrites: [],
      outputRewrites: [{ kind: 'rename', path: [{ kind: 'key', key: '_alias' }], to: 'name' } as const],
    };
    const below = { message: 'no', path: ['_entities', 0, '_alias'] } as never;
    const joined = await run(
      { kind: 'entities', fetch: { ...fetch, outputRewrites: [] }, groups: [group] },
      { data: { _entities: [{ _alias: null }] }, errors: [below] },
      { loom: { __typename: 'Loom', id: 'l1' } },
    );
    expect(joined.data).toEqual({ loom: { __typename: 'Loom', id: 'l1', name: null } });
    expect(joined.errors[0]?.path).toEqual(['loom', 'name']);
  });
});
