import { expect, it } from 'vitest';
import { person } from '#test/support/invitations.ts';
import { standardClaims } from '../identity/save-issuer.ts';
import { readProvenPerson } from './proven-person.ts';

it('an address counts as verified where the issuer states so of the claim that it is read from', () => {
  const issuer = {
    ...{ _id: 'default', issuer: 'https://idp.example', audience: [], jwksUrl: null, rules: [] },
    ...{ claims: standardClaims, createdAt: new Date() },
  };
  const claims = { sub: 'ada', email: 'ada@example.com', preferred_username: 'eve@example.com' };
  const read = (email_verified: unknown, path = 'email') =>
    readProvenPerson(
      { ...issuer, claims: { ...standardClaims, email: path } },
      { ...claims, email_verified },
    );
  expect(read(true)).toEqual(person());
  for (const value of [false, undefined, 'true', 1]) expect(read(value).isEmailVerified).toBe(false);
  expect(read(true, 'preferred_username')).toEqual(
    person('ada', { email: 'eve@example.com', isEmailVerified: false }),
  );
  expect(read(true, 'nothing')).toEqual(person('ada', { email: null, isEmailVerified: false }));
});
