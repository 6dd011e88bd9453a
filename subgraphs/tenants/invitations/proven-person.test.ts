import { expect, it } from 'vitest';
import type { IssuerRecord } from '#mongo/issuers.ts';
import { standardClaims } from '../identity/save-issuer.ts';
import { readProvenPerson } from './proven-person.ts';

const toIssuer = (emailDomains: string[] | null): IssuerRecord => ({
  ...{ _id: 'acme', issuer: 'https://acme.example', audience: ['c'], jwksUrl: null, rules: [] },
  ...{ claims: standardClaims, createdAt: new Date(0) },
  signIn: emailDomains && { clientId: 'c', clientSecret: null, name: 'Acme', emailDomains },
});

it.each<[string[] | null, string, unknown, boolean]>([
  [null, 'ada@other.example', true, true],
  [[], 'ada@other.example', true, true],
  [['acme.example'], 'ada@acme.example', true, true],
  [['b.example', 'acme.example'], 'Ada@ACME.example', true, true],
  [['acme.example'], 'ada@acme.example', false, false],
  [null, 'ada@other.example', 'true', true],
  [null, 'ada@other.example', 'false', false],
  [null, 'ada@other.example', null, false],
  [null, 'ada@other.example', 1, false],
  [null, 'ada@other.example', undefined, false],
  [['acme.example'], 'ada@other.example', true, false],
  [['acme.example'], 'ada@sub.acme.example', true, false],
  [['acme.example'], 'acme.example@other.example', true, false],
])(
  'an issuer with the domains %j, which states %s (verified: %s), vouches for it: %s',
  (domains, email, verified, isVerified) => {
    const claims = { sub: 'ada', email, email_verified: verified };
    expect(readProvenPerson(toIssuer(domains), claims)).toEqual({
      ...{
        issuerId: 'acme',
        issuer: 'https://acme.example',
        subject: 'ada',
        email,
        isEmailVerified: isVerified,
      },
    });
  },
);
