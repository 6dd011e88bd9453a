import { describe, expect, it } from 'vitest';
import { testCaller } from '#test/support/subgraph.ts';
import type { Caller, Scope } from './caller.ts';
import { type CallMaker, readableRows, seesCall } from './ledger-reach.ts';

const wide = ['completions:read'] as const satisfies Scope[];
const key = (more: Partial<Caller> = {}, ...scopes: Scope[]): Caller => ({
  ...testCaller('acme', 'inference:invoke', ...scopes),
  ...more,
});
const made: CallMaker = {
  tenantId: 'acme',
  appId: 'acme-app',
  keyId: 'acme-key',
  keyLineId: 'acme-key',
};
const forAda: CallMaker = { ...made, endUserId: 'ada' };
const byAnother: CallMaker = { ...made, keyId: 'other', keyLineId: 'other' };
const elsewhere: CallMaker = { ...made, tenantId: 'other', keyId: 'x', keyLineId: 'x' };
const byUser: CallMaker = { ...made, keyId: null, keyLineId: 'user-bob-at-first' };
const user = key({ kind: 'USER', keyId: null, keyLineId: 'user-bob-at-first', subject: 'bob' });
const unlined: CallMaker = { ...made, keyId: null, keyLineId: null };
const page = (endUserId: string, ...scopes: Scope[]) => key({ endUserId }, ...scopes);

const cases: readonly (readonly [who: string, what: string, Caller, CallMaker, boolean])[] = [
  ['a key', 'its own call', key(), made, true],
  ['a key', 'its own call for an end user', key(), forAda, true],
  ['a key', 'the call of the key that it was rotated from', key({ keyId: 'successor' }), made, true],
  ['a key', 'the call of another key of its app', key(), byAnother, false],
  ['a key', 'a call of a user of its app', key(), byUser, false],
  ['a key', 'a call of another tenant', key(), elsewhere, false],
  ['a key without inference:invoke', 'its own call', { ...key(), scopes: [] }, made, false],
  ['completions:read', 'the call of another key', key({}, 'completions:read'), byAnother, true],
  ['completions:read', 'a call of another tenant', key({}, 'completions:read'), elsewhere, false],
  ['usage:read', 'the content of the call of another key', key({}, 'usage:read'), byAnother, false],
  ['tenants:admin', 'a call of another tenant', key({}, 'tenants:admin'), elsewhere, false],
  [
    'tenants:admin with completions:read',
    'a call of another tenant',
    key({}, 'tenants:admin', 'completions:read'),
    elsewhere,
    true,
  ],
  ['a page token', 'the call for its end user', page('ada'), forAda, true],
  ['a page token', 'the call for another end user', page('eve'), forAda, false],
  ['a page token', 'a call for nobody', page('eve'), made, false],
  [
    'a page token with completions:read',
    'the call for another',
    page('eve', 'completions:read'),
    forAda,
    false,
  ],
  [
    'a page token with completions:read',
    'a call of another key for the same end user',
    page('ada', 'completions:read'),
    { ...byAnother, endUserId: 'ada' },
    false,
  ],
  ['a user', 'its own call', user, byUser, true],
  ['a user', 'the call of another user', { ...user, keyLineId: 'user-eve' }, byUser, false],
  ['a user', 'that of the same subject of another issuer', { ...user, keyLineId: 'user-bob' }, byUser, false],
  ['a user without a line', 'a call without one', { ...user, keyLineId: null }, unlined, false],
  ['a user', 'the call of a key', user, made, false],
];

describe('seesCall and the filter of rows', () => {
  it.each(cases)('%s: %s', (_who, _what, caller, call, sees) => {
    expect(seesCall(caller, call, wide)).toBe(sees);
    const filter = readableRows(caller, wide);
    const row: Record<string, unknown> = { endUserId: null, ...call };
    const isListed = Object.entries(filter).every(([field, value]) => row[field] === value);
    // Whether a caller may list at all is said by the field.
    if (caller.scopes.length > 0) expect(isListed).toBe(sees);
  });

  it('takes a row of an older version, without the line of its key, for that of its key', () => {
    const { keyLineId: _, ...old } = made;
    expect(seesCall(key(), old, wide)).toBe(true);
    expect(seesCall(key({ keyId: 'other', keyLineId: 'other' }), old, wide)).toBe(false);
  });
});
