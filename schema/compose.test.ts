import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { sampleSdls } from '#test/support/gateways/sample-graph.ts';
import { CompositionError, composeSupergraph } from './compose.ts';

describe('composition', () => {
  const supergraph = composeSupergraph(sampleSdls);

  it('keeps our directives with the defaults of their arguments', () => {
    expect(supergraph).toContain('directive @quota(meters: [Meter!]!, weight: Int! = 1)');
    expect(supergraph).toContain('scope: CacheScope! = TENANT, match: CacheMatch! = EXACT');
    expect(supergraph).toContain('@quota(meters: [REQUESTS, TOKENS, COST, CONCURRENCY]) @cache(maxAge: 60)');
    expect(supergraph).toContain('@quota(meters: [REQUESTS, TOKENS], weight: 2)');
    expect(supergraph).toContain('@audited(action: "model.create")');
  });

  it("keeps Federation's policy directives", () => {
    expect(supergraph).toContain('@authenticated');
    expect(supergraph).toContain('@requiresScopes(scopes: [["models:write", "tenants:admin"]])');
    expect(supergraph).toContain('@cost(weight: 10)');
    expect(supergraph).toMatch(/@listSize\(\s*requireOneSlicingArgument: false/);
  });

  it('makes the same text whatever the order of the subgraphs', () => {
    const { inference, tenants, models } = sampleSdls;
    expect(composeSupergraph({ inference, tenants, models })).toBe(supergraph);
    expect(() => parse(supergraph)).not.toThrow();
  });

  it('states in which subgraph what is wrong', () => {
    const conflicting = sampleSdls.inference.replace('type Tenant @key', 'enum Tenant @key');
    expect(() => composeSupergraph({ ...sampleSdls, inference: conflicting })).toThrow(CompositionError);
    const unparsable = { ...sampleSdls, tenants: 'type {' };
    expect(() => composeSupergraph(unparsable)).toThrow(/\[tenants\] .*line 1, column 6/);
  });
});
