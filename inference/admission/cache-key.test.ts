import { describe, expect, it } from 'vitest';
import { testCaller } from '#test/support/subgraph.ts';
import type { CachePolicy, CompletionRequest } from '../request.ts';
import { cacheKey, identifyCaller, inputHash } from './cache-key.ts';

const caller = testCaller('t');
const labels = { endUserId: null, tags: [], requestId: 'r', clientRequestId: null };
const buildRequest = (more: Partial<CompletionRequest> = {}) =>
  ({
    model: 'alpha/one',
    promptVersionId: null,
    call: { messages: [] },
    labels,
    ...more,
  }) as CompletionRequest;
const forUser = (endUserId: string | null) => buildRequest({ labels: { ...labels, endUserId } });
const computeKey = (scope: CachePolicy['scope'], request = buildRequest(), as = caller) =>
  cacheKey(request, as, scope, '');
const scopes = ['CALLER', 'APP', 'TENANT', 'PUBLIC'] as const;

describe('a question', () => {
  const others: readonly CompletionRequest[] = [
    buildRequest({ model: 'alpha/two' }),
    buildRequest({ promptVersionId: 'v1' }),
    buildRequest({ promptVersionId: 'v2' }),
    buildRequest({ call: { messages: [], temperature: 0 } }),
  ];

  it('is another one with another model, another version of a prompt or another call, though the texts are the same', () => {
    const all = [buildRequest(), ...others];
    for (const scope of scopes) {
      expect(new Set(all.map((request) => computeKey(scope, request))).size).toBe(all.length);
    }
    expect(new Set(all.map(inputHash)).size).toBe(all.length);
  });

  it('is the same for an idempotency key with another token for the server of a tool, and none without the tool', () => {
    const buildTool = (more: object) =>
      buildRequest({ call: { messages: [], providerTools: { responses: [{ type: 'mcp', ...more }] } } });
    const [one, other] = ['a', 'b'].map((token) => inputHash(buildTool({ authorization: token })));
    expect(other).toBe(one);
    expect(inputHash(buildTool({ server_url: 'https://a.test/1' }))).not.toBe(
      inputHash(buildTool({ server_url: 'https://a.test/2' })),
    );
    expect(inputHash(buildRequest())).not.toBe(one);
  });

  it('is the same whatever finds the call in the ledger', () => {
    const labelled = buildRequest({ labels: { ...labels, tags: ['a'], requestId: 'other' } });
    for (const scope of scopes) expect(computeKey(scope, labelled)).toBe(computeKey(scope));
    expect(inputHash(labelled)).toBe(inputHash(buildRequest()));
  });

  it('is the same for every end user that the provider receives, and another one with any other option', () => {
    const withOptions = (chat: Readonly<Record<string, unknown>>) =>
      buildRequest({ call: { ...buildRequest().call, providerOptions: { chat } } });
    const named = withOptions({
      user: 'u',
      safety_identifier: 's',
      metadata: { a: 'b' },
      client_metadata: { a: 'b' },
    });
    for (const scope of scopes) expect(computeKey(scope, named)).toBe(computeKey(scope));
    expect(inputHash(named)).toBe(inputHash(buildRequest()));
    const biased = withOptions({ user: 'u', logit_bias: { '1': 1 } });
    expect(inputHash(biased)).toBe(inputHash(withOptions({ logit_bias: { '1': 1 } })));
    expect(inputHash(biased)).not.toBe(inputHash(named));
  });
});

describe('a kept answer', () => {
  const differing = {
    key: { ...caller, keyLineId: 'another' },
    app: { ...caller, keyLineId: 'another', appId: 'another' },
    tenant: testCaller('u'),
    region: { ...caller, allowedRegions: ['eu'] },
  };
  it.each([
    ['CALLER', { key: true, app: true, tenant: true, region: true, endUser: true }],
    ['APP', { key: false, app: true, tenant: true, region: true, endUser: false }],
    ['TENANT', { key: false, app: false, tenant: true, region: true, endUser: false }],
    ['PUBLIC', { key: false, app: false, tenant: false, region: true, endUser: false }],
  ] as const)('of scope %s is kept apart by exactly what the scope and residency request', (scope, apart) => {
    const differs = (request: CompletionRequest, as = caller) =>
      computeKey(scope, request, as) !== computeKey(scope);
    expect({
      key: differs(buildRequest(), differing.key),
      app: differs(buildRequest(), differing.app),
      tenant: differs(buildRequest(), differing.tenant),
      region: differs(buildRequest(), differing.region),
      endUser: differs(forUser('ann')),
    }).toEqual(apart);
  });

  it('does not depend on the order in which regions are listed', () => {
    const [one, other] = [
      ['eu', 'us'],
      ['us', 'eu'],
    ].map((allowedRegions) => computeKey('TENANT', buildRequest(), { ...caller, allowedRegions }));
    expect(one).toBe(other);
  });
});

describe('the caller', () => {
  it('is the line of rotated keys, the user, or failing both the app, each for one end user', () => {
    const named = { appId: 'x', subject: 'x', keyLineId: 'x' };
    const askers = [
      named,
      { ...named, keyLineId: null },
      { ...named, keyLineId: null, issuerId: 'partner' },
      { ...named, keyLineId: null, subject: null },
      { keyLineId: null, subject: null, appId: null },
    ].flatMap((who) =>
      [null, 'ann', 'bob'].map((endUserId) => identifyCaller({ ...caller, ...who }, forUser(endUserId))),
    );
    expect(new Set(askers.map((asker) => JSON.stringify(asker))).size).toBe(15);
    expect(identifyCaller({ ...caller, keyId: 'rotated' }, forUser('ann'))).toEqual(
      identifyCaller(caller, forUser('ann')),
    );
  });
});
