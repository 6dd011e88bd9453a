import { describe, expect, it } from 'vitest';
import { testCaller } from '#test/support/subgraph.ts';
import type { Caller } from './caller.ts';
import type { CallMaker } from './ledger-reach.ts';
import {
  bindPolicy,
  type CallPolicyName,
  callerPolicies,
  callPolicies,
  meetsPolicies,
  ownAppId,
  ownKeyId,
  policies,
  requiresPolicies,
} from './policies.ts';

const key = testCaller('acme', 'inference:invoke');
const person: Caller = { ...key, kind: 'USER', keyId: null, keyLineId: 'user-1', subject: 'ada' };
const holders: readonly (readonly [who: string, Caller, app: boolean, key: boolean])[] = [
  ['an API key', key, true, true],
  ['a person of an app', person, true, false],
  ['a person without an app', { ...person, appId: null }, false, false],
  ['a page token', { ...key, endUserId: 'ada' }, false, false],
];

describe('own-app and own-key', () => {
  it.each(holders)('admit %s or not, in sets of which one must be met whole', (_who, caller, app, own) => {
    expect(meetsPolicies(caller, [['own-app']])).toBe(app);
    expect(meetsPolicies(caller, [['own-key']])).toBe(own);
    expect(meetsPolicies(caller, [['own-app', 'own-key']])).toBe(app && own);
    expect(meetsPolicies(caller, [['own-key'], ['own-app']])).toBe(app || own);
    expect(meetsPolicies(caller, [['own-call', 'own-app']])).toBe(app);
    expect(meetsPolicies(caller, [])).toBe(false);
    if (app) expect(ownAppId(caller)).toBe(caller.appId);
    else expect(() => ownAppId(caller)).toThrow('This requires an app');
    if (own) expect(ownKeyId(caller)).toBe(caller.keyId);
    else expect(() => ownKeyId(caller)).toThrow('This requires an API key');
  });

  it('are words of a refusal, and policies of records are none', () => {
    const both = requiresPolicies('T.f', [[['own-call']], [['own-app']], [['own-key', 'own-row']]]);
    expect(both).toBe(
      `T.f requires ${callerPolicies['own-app'].requires}; and ${callerPolicies['own-key'].requires}.`,
    );
  });
});

describe('own-call and own-row', () => {
  const made: CallMaker = { tenantId: 'acme', appId: 'acme-app', keyId: 'acme-key' };
  const cases: readonly (readonly [scope: Parameters<typeof testCaller>[1], CallPolicyName, boolean])[] = [
    ['completions:read', 'own-call', true],
    ['completions:read', 'own-row', true],
    ['usage:read', 'own-call', false],
    ['usage:read', 'own-row', true],
    ['inference:invoke', 'own-call', false],
    ['inference:invoke', 'own-row', false],
  ];

  it.each(cases)('of another key: %s reaches %s: %s', (scope, policy, isReached) => {
    const another = { ...testCaller('acme', ...(scope ? [scope] : [])), keyId: 'k2', keyLineId: 'k2' };
    const reach = bindPolicy(policy, another);
    expect(reach.sees(made)).toBe(isReached);
    expect(reach.sees({ ...made, tenantId: 'other' })).toBe(false);
    expect('keyLineId' in reach.rows()).toBe(!isReached);
  });
});

it('have a description each, and one name', () => {
  expect(Object.keys(policies)).toEqual([...Object.keys(callerPolicies), ...Object.keys(callPolicies)]);
  for (const { description } of Object.values(policies)) expect(description).toMatch(/\.$/);
});
