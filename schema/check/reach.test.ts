import { describe, expect, it } from 'vitest';
import { hasScope, type Scope, scopes } from '#core/caller.ts';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { composeCheckout, composeSupergraph } from '../compose.ts';
import { loadSubgraphSdl } from '../load-sdl.ts';
import { findUnscoped, reachableFields } from './reach.ts';

const supergraph = composeCheckout();
const reached = (...held: string[]) => [...reachableFields(supergraph, held)].toSorted();
const ofType = (fields: readonly string[], ...types: string[]) =>
  fields.filter((field) => types.includes(field.split('.')[0] ?? ''));

/** The graph with one more field in a type of a subgraph. */
function composeWith(name: SubgraphName, type: string, field: string): string {
  const sdls = Object.fromEntries(subgraphNames.map((one) => [one, loadSubgraphSdl(one)]));
  const before = sdls[name] ?? '';
  const after = before.replace(new RegExp(`^type ${type} [^{]*\\{`, 'm'), `$&\n"New." ${field}\n`);
  expect(after).not.toBe(before);
  return composeSupergraph({ ...sdls, [name]: after });
}

describe('what a key reaches with its scopes', () => {
  it('is who it is, without any', () => {
    expect(reached()).toEqual(
      [
        'App.id',
        'App.name',
        'Caller.app',
        'Caller.email',
        'Caller.endUserId',
        'Caller.issuerId',
        'Caller.keyId',
        'Caller.kind',
        'Caller.role',
        'Caller.scopes',
        'Caller.subject',
        'Caller.tenant',
        'Node.id',
        'Query.me',
        'Query.node',
        'Query.nodes',
        'Tenant.id',
        'Tenant.name',
      ].toSorted(),
    );
  });

  it('is calls, their rows, and the names of what it may call, with inference:invoke alone', () => {
    const fields = reached('inference:invoke');
    expect(ofType(fields, 'Query')).toEqual([
      'Query.completion',
      'Query.countTokens',
      'Query.explainModel',
      'Query.explainPrompt',
      'Query.invocation',
      'Query.invocations',
      'Query.me',
      'Query.model',
      'Query.modelAlias',
      'Query.modelAliases',
      'Query.models',
      'Query.node',
      'Query.nodes',
      'Query.prompts',
      'Query.route',
      'Query.routes',
    ]);
    expect(ofType(fields, 'Tenant', 'App', 'Model', 'Provider', 'Route', 'Prompt', 'PromptVersion')).toEqual([
      'App.id',
      'App.name',
      'Model.access',
      'Model.callName',
      'Model.capabilities',
      'Model.id',
      'Model.name',
      'Model.provider',
      'Model.requiresApproval',
      'Prompt.access',
      'Prompt.description',
      'Prompt.id',
      'Prompt.labels',
      'Prompt.name',
      'Prompt.requiresApproval',
      'Prompt.version',
      'PromptVersion.id',
      'PromptVersion.number',
      'PromptVersion.outputSchema',
      'PromptVersion.runnable',
      'PromptVersion.structured',
      'PromptVersion.variables',
      'Provider.id',
      'Provider.kind',
      'Route.access',
      'Route.alias',
      'Route.id',
      'Route.requiresApproval',
      'Tenant.id',
      'Tenant.name',
    ]);
    const secret = ['ApiKey', 'Member', 'Budget', 'Plan', 'Limit', 'ProviderCredential', 'ModelPrice'];
    const others = ['ProviderHealth', 'RouteTarget', 'UsageBucket', 'AuditRecord'];
    expect(ofType(fields, ...secret, ...others)).toEqual([]);
  });

  it.each([
    ['models:read', ['Model', 'Provider', 'ProviderHealth', 'Route', 'RouteTarget']],
    ['prompts:read', ['Prompt', 'PromptVersion', 'PromptLabel']],
    ['tenants:read', ['ApiKey', 'App', 'Budget', 'Limit', 'Member', 'Plan', 'Tenant']],
    ['usage:read', ['Invocation', 'UsageBucket']],
    ['completions:read', ['Completion', 'Invocation']],
  ])('is nothing beyond what %s is for', (scope, types) => {
    const entities = ['ApiKey', 'App', 'Budget', 'Limit', 'Member', 'Model', 'Plan', 'Prompt', 'PromptLabel'];
    const all = [
      ...entities,
      'PromptVersion',
      'Provider',
      'ProviderHealth',
      'Route',
      'RouteTarget',
      'Tenant',
    ];
    all.push('Completion', 'Invocation', 'UsageBucket', 'AuditRecord', 'ProviderCredential');
    const named = new Set(ofType(reached(), ...all));
    const seen = ofType(reached(scope), ...all).filter((field) => !named.has(field));
    const known =
      /^(Model\.(id|name|provider|capabilities)|Provider\.(id|kind)|PromptVersion\.(id|number)|Completion\.|\w+\.usage$)/;
    const more = seen.filter((field) => !types.includes(field.split('.')[0] ?? '') && !known.test(field));
    expect(more).toEqual([]);
    expect(new Set(ofType(seen, ...types).map((field) => field.split('.')[0]))).toEqual(new Set(types));
    expect(ofType(reached(scope), 'Mutation')).toEqual([]);
  });

  it('grows from x:read to x:write and x:admin, to tenants:write and models:write from the scopes that they include, and by nothing else', () => {
    const names = Object.keys(scopes) as Scope[];
    for (const held of names) {
      const [thing, verb] = held.split(':');
      const more: string[] =
        verb === 'write' || verb === 'admin' ? names.filter((one) => one === `${thing}:read`) : [];
      if (held === 'tenants:write') more.push('keys:write', 'members:write');
      if (held === 'models:write') more.push('providers:write');
      expect(names.filter((one) => hasScope({ scopes: [held] }, one)).toSorted(), held).toEqual(
        [held, ...more].toSorted(),
      );
    }
    expect(names.filter((one) => hasScope({ scopes: [] }, one))).toEqual([]);
  });
});

describe('the check of scopes', () => {
  it('finds nothing in this graph', () => {
    expect(findUnscoped(supergraph)).toEqual([]);
  });

  it.each<[string, SubgraphName, string, string, string]>([
    ['a root field for every key', 'models', 'Query', 'secrets: String @authenticated', 'Query.secrets'],
    ['a root field for anybody', 'models', 'Query', 'secrets: String', 'Query.secrets'],
    ['a field of the tenant', 'tenants', 'Tenant', 'vat: String', 'Tenant.vat'],
    ['a field of what only some may see', 'tenants', 'ApiKey', 'notes: String', 'ApiKey.notes'],
    ['a field that another subgraph adds to a model', 'usage', 'Model', 'callers: String', 'Model.callers'],
    ['a field of the caller', 'tenants', 'Caller', 'quotas: Int', 'Caller.quotas'],
  ])('finds %s', (_what, name, type, field, where) => {
    expect(findUnscoped(composeWith(name, type, field)).map((found) => found.where)).toContain(where);
  });

  it.each<[string, SubgraphName, string, string]>([
    ['a scope', 'tenants', 'ApiKey', 'notes: String @requiresScopes(scopes: [["tenants:read"]])'],
    ['a type with a scope', 'tenants', 'ApiKey', 'more: [Limit!] @authenticated'],
  ])('finds nothing in a new field with %s', (_what, name, type, field) => {
    expect(findUnscoped(composeWith(name, type, field))).toEqual([]);
  });
});
