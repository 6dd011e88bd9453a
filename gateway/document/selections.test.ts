import { describe, expect, it } from 'vitest';
import { HeddleError } from '#core/errors.ts';
import { sampleRouters } from '#test/support/gateways/sample-router.ts';
import { createSampleMesh, sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { isOperation } from '../router.ts';

const { start } = sampleRouters();

/** An answer as it goes over the wire, and the subgraphs that were asked for it. */
async function ask(
  query: string,
  variables: Record<string, unknown>,
  options: { modelsDown?: boolean } = {},
) {
  const mesh = createSampleMesh();
  const down = { execute: () => Promise.reject(new HeddleError('OVERLOADED', 'models is not reachable')) };
  const executors = options.modelsDown === true ? { ...mesh.executors, models: down } : mesh.executors;
  const router = start({ ...mesh, executors });
  const caller = sampleCaller('inference:invoke');
  const operation = router.prepare(query, undefined, caller);
  if (!isOperation(operation)) throw new Error(JSON.stringify(operation));
  const context = { caller, requestId: 'r1', clientAddress: null };
  const answer = await router.run(operation, variables, context);
  return { text: JSON.stringify(answer), calls: mesh.calls.map(({ subgraph }) => subgraph) };
}

describe('@skip and @include', () => {
  it('request nothing of a subgraph whose fields are left out, and report none of its failures', async () => {
    const query =
      'query ($no: Boolean!) { motd @include(if: $no) ...B @include(if: $no) me { scopes } } fragment B on Query { broken }';
    for (const modelsDown of [false, true]) {
      expect(await ask(query, { no: false }, { modelsDown })).toEqual({
        text: '{"data":{"me":{"scopes":["inference:invoke"]}}}',
        calls: ['tenants'],
      });
    }
  });

  it('leave the fields in the order in which those that take part stand in the document', async () => {
    const query = 'query ($no: Boolean!) { motd @include(if: $no) me { scopes } motd }';
    expect((await ask(query, { no: false })).text).toBe(
      '{"data":{"me":{"scopes":["inference:invoke"]},"motd":"hello"}}',
    );
    expect((await ask(query, { no: true })).text).toBe(
      '{"data":{"motd":"hello","me":{"scopes":["inference:invoke"]}}}',
    );
  });

  it('may leave out everything, by literals too', async () => {
    const empty = { text: '{"data":{}}', calls: [] };
    expect(await ask('{ motd @skip(if: true) ... on Query @include(if: false) { broken } }', {})).toEqual(
      empty,
    );
    expect(await ask('query ($no: Boolean!) { motd @include(if: $no) }', { no: false })).toEqual(empty);
    const inner =
      'query ($no: Boolean!) { model(id: "m1") { name @include(if: $no) ... @skip(if: true) { id } } }';
    expect((await ask(inner, { no: false })).text).toBe('{"data":{"model":{}}}');
  });

  it('take the variables of this request, not those of the first', async () => {
    const query = 'query ($yes: Boolean = true) { a: motd @skip(if: $yes) b: motd @include(if: $yes) }';
    expect((await ask(query, { yes: false })).text).toBe('{"data":{"a":"hello"}}');
    expect((await ask(query, {})).text).toBe('{"data":{"b":"hello"}}');
  });

  it('refuse null, which is neither', async () => {
    const query = 'query ($yes: Boolean = true) { motd @skip(if: $yes) }';
    const { text, calls } = await ask(query, { yes: null });
    expect(JSON.parse(text)).toEqual({
      errors: [
        {
          message: expect.stringContaining('$yes'),
          locations: [{ line: 1, column: 8 }],
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
    expect(calls).toEqual([]);
  });
});
