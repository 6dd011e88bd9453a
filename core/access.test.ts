import { describe, expect, it } from 'vitest';
import { type AccessTarget, readAccess, requireAccess } from './access.ts';
import { anonymousCaller, type CallerGrant } from './caller.ts';

const at = '2026-01-01T00:00:00.000Z';
const now = Date.parse('2026-01-02T00:00:00Z');
const model: AccessTarget = { what: 'AI model', resource: 'a/b', requiresApproval: true, ownerId: null };
const grant = (more: Partial<CallerGrant>): CallerGrant => ({
  resource: 'a/b',
  status: 'APPROVED',
  at,
  ...more,
});
const caller = (...grants: CallerGrant[]) => ({ ...anonymousCaller, appId: 'app', grants });

describe('what requires approval', () => {
  it.each<[string, CallerGrant[], string, RegExp]>([
    [
      'was never requested',
      [],
      'REQUIRED',
      /^The AI model "a\/b" requires approval\. Request access with requestAccess\(resource: "a\/b"\)\.$/,
    ],
    [
      'is approved for something else',
      [grant({ resource: 'a/b2', byOperator: true })],
      'REQUIRED',
      /Request access/,
    ],
    [
      'is pending',
      [grant({ status: 'PENDING' })],
      'PENDING',
      /was requested at 2026-01-01T00:00:00.000Z: wait/,
    ],
    [
      'was denied',
      [grant({ status: 'DENIED', reason: 'too dear' })],
      'REQUIRED',
      /was denied at .*: "too dear"\. Request it again/,
    ],
    ['was revoked', [grant({ status: 'REVOKED', byOperator: true })], 'REQUIRED', /was revoked at/],
    [
      'has ended',
      [grant({ byOperator: true, endsAtMs: now })],
      'REQUIRED',
      /ended at 2026-01-02T00:00:00.000Z/,
    ],
    [
      'was approved by the tenant, and is of the mesh',
      [grant({})],
      'REQUIRED',
      /an operator of the mesh must decide/,
    ],
  ])('and %s is refused with what to do', (_what, grants, state, message) => {
    expect(readAccess(caller(...grants), model, now)).toBe(state);
    expect(() => requireAccess(caller(...grants), model, now)).toThrow(message);
    expect(() => requireAccess(caller(...grants), model, now)).toThrow(
      expect.objectContaining({
        code: 'ACCESS_PENDING',
        extensions: { code: 'ACCESS_PENDING', resource: 'a/b' },
      }),
    );
  });

  it.each<[string, CallerGrant, AccessTarget]>([
    ['an operator approved it', grant({ byOperator: true }), model],
    ['the approval has not ended', grant({ byOperator: true, endsAtMs: now + 1 }), model],
    ['the tenant that owns it approved it', grant({}), { ...model, ownerId: 't1' }],
  ])('may be used where %s', (_what, one, target) => {
    expect(readAccess(caller(one), target, now)).toBe('APPROVED');
    requireAccess(caller(one), target, now);
  });

  it('is refused to a caller without an app, and what requires none is open to it', () => {
    expect(() => requireAccess(anonymousCaller, model, now)).toThrow(/an API key of an app/);
    const open = { ...model, requiresApproval: false };
    expect(readAccess(anonymousCaller, open, now)).toBe('OPEN');
    requireAccess(anonymousCaller, open, now);
  });
});
