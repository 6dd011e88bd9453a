import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { sampleSupergraph } from '#test/support/gateways/sample-gateway.ts';
import { ask, everyScope, invoker, sampleRouters } from '#test/support/gateways/sample-router.ts';
import { createSampleMesh, sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { resolveLimits } from './limits.ts';
import { createRouter } from './router.ts';

const { planner, start } = sampleRouters();

describe('auth', () => {
  const denied = async (query: string, caller: Caller, variables?: Record<string, unknown>) => {
    const mesh = createSampleMesh();
    const result = await ask(start(mesh), query, caller, variables);
    return { ...result, codes: result.errors?.map((error) => error.extensions?.code), calls: mesh.calls };
  };

  it('puts null and the missing scope where the graph allows null', async () => {
    const { data, errors, calls } = await denied('{ model(id: "m1") { name price } }', invoker);
    expect(data).toEqual({ model: { name: 'Model m1', price: null } });
    expect(errors).toEqual([
      {
        message: 'Model.price requires the scope models:write, or tenants:admin.',
        locations: [{ line: 1, column: 26 }],
        path: ['model', 'price'],
        extensions: { code: 'FORBIDDEN' },
      },
    ]);
    expect(calls.map((call) => call.query).join()).not.toContain('price');
  });

  it('lets null rise from a refused field that cannot be null', async () => {
    const { data, errors } = await denied('{ model(id: "m1") { name wholesalePrice } motd }', invoker);
    expect(data).toEqual({ model: null, motd: 'hello' });
    expect(errors?.[0]?.path).toEqual(['model', 'wholesalePrice']);
  });

  it('grants an alternative of a requirement, and only all scopes of it together', async () => {
    const query = '{ model(id: "m1") { price wholesalePrice } }';
    expect((await denied(query, sampleCaller('models:write', 'tenants:admin'))).errors).toBeUndefined();
    expect(
      (await denied('{ model(id: "m1") { price } }', sampleCaller('tenants:admin'))).errors,
    ).toBeUndefined();
    expect((await denied(query, sampleCaller('models:write'))).codes).toEqual(['FORBIDDEN']);
  });

  it('requests credentials from an anonymous caller', async () => {
    const { data, codes, calls } = await denied('{ model(id: "m1") { name } motd }', anonymousCaller);
    expect(data).toEqual({ model: null, motd: 'hello' });
    expect(codes).toEqual(['UNAUTHENTICATED']);
    expect(calls.map((call) => call.subgraph)).toEqual(['models']);
  });

  it('calls no subgraph when nothing of the document is granted', async () => {
    for (const query of ['{ me { scopes } }', '{ model(id: "m1") { name } }', '{ me { scopes } motd }']) {
      const { calls, codes } = await denied(query, anonymousCaller);
      expect(codes).toEqual(['UNAUTHENTICATED']);
      expect(calls).toEqual([]);
    }
  });

  it('runs no part of a mutation of which any field is refused, however deep and whatever the variables', async () => {
    for (const query of [
      'mutation { complete(input: { model: "m1", text: "x" }) { text } createModel(input: { name: "n" }) { id } }',
      'mutation { complete(input: { model: "m1", text: "x" }) { text model { price } } }',
      'mutation ($no: Boolean = false) { complete(input: { model: "m1", text: "x" }) { model { price @include(if: $no) } } }',
      'mutation { complete(input: { model: "m1", text: "x" }) { ...C } } fragment C on Completion { model { ...M } } fragment M on Model { p: price }',
    ]) {
      const { data, codes, calls } = await denied(query, invoker);
      expect({ data, codes, calls }).toEqual({ data: null, codes: ['FORBIDDEN'], calls: [] });
    }
  });

  it('runs a mutation whose refused field is literally left out', async () => {
    const query =
      'mutation { complete(input: { model: "m1", text: "x" }) { text model { price @include(if: false) } } }';
    const { data, errors } = await denied(query, invoker);
    expect({ data, errors }).toEqual({ data: { complete: { text: 'x', model: {} } }, errors: undefined });
  });

  it('leaves a refused field out of the answer when its condition excludes it', async () => {
    const query = 'query ($all: Boolean!) { model(id: "m1") { name price @include(if: $all) } }';
    const without = await denied(query, invoker, { all: false });
    expect(without.data).toEqual({ model: { name: 'Model m1' } });
    expect(without.errors).toBeUndefined();
    const withPrice = await denied(query, invoker, { all: true });
    expect(withPrice.data).toEqual({ model: { name: 'Model m1', price: null } });
  });

  it('demands of an interface what its implementations demand', async () => {
    const query = '{ named { name ... on App { id } } }';
    expect((await denied(query, invoker)).codes).toEqual(['FORBIDDEN']);
    expect((await denied(query, sampleCaller('tenants:admin'))).data).toEqual({
      named: [{ name: 'Tenant t1' }, { name: 'App a1', id: 'a1' }],
    });
  });

  it('decides for each caller anew', async () => {
    const router = start(createSampleMesh());
    const query = '{ model(id: "m1") { price } }';
    for (const caller of [invoker, everyScope, anonymousCaller, invoker, everyScope]) {
      const { errors } = await ask(router, query, caller);
      expect(errors === undefined).toBe(caller === everyScope);
    }
  });

  it('does not start over a supergraph with a policy that nothing enforces', () => {
    const sdl = sampleSupergraph
      .replace(
        'enum join__Graph',
        'directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION\nenum join__Graph',
      )
      .replace('motd: String', 'motd: String @policy(policies: [["staff"]])');
    const mesh = createSampleMesh();
    const log = pino({ level: 'silent' });
    const start = () =>
      createRouter({ supergraphSdl: sdl, planner, executors: mesh.executors, limits: resolveLimits(), log });
    expect(start).toThrow(
      '@policy of Query.motd names what is not enforced; there are own-app, own-key, own-call, own-row.',
    );
  });
});
