import { defineCollection } from './collection.ts';

/** The id of the issuer that HEDDLE_OIDC_ISSUER states, which people sign in at. */
export const firstIssuerId = 'default';

/** Paths to claims: names of claims, dots between the names of nested ones. Null: no claim is read. */
export interface IssuerClaims {
  subject: string;
  email: string;
  tenant: string | null;
  role: string | null;
  groups: string;
  scopes: string;
  endUser: string | null;
}

/** The tenant, role and app of callers with a claim of this value. */
export interface IssuerRule {
  claim: string;
  value: string;
  /** Null: the tenant claim names it. */
  tenantId: string | null;
  role: string;
  appId: string | null;
}

/** An issuer of JWTs: an identity provider, or whatever else vouches for people and workloads. */
export interface IssuerRecord {
  _id: string;
  /** The claim `iss` of its tokens, character by character. Unique. */
  issuer: string;
  audience: string[];
  /** Where its keys are; null: where its discovery document states. */
  jwksUrl: string | null;
  claims: IssuerClaims;
  /** The first that fits counts. */
  rules: IssuerRule[];
  createdAt: Date;
  /** True: HEDDLE_OIDC_ISSUER states it, and each start keeps it so. Absent: saveIssuer has made it. */
  fromEnvironment?: boolean;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };

export const issuers = defineCollection<IssuerRecord>(
  'issuers',
  {
    _id: text,
    issuer: text,
    audience: [String],
    jwksUrl: optional,
    claims: {
      _id: false,
      subject: text,
      email: text,
      tenant: optional,
      role: optional,
      groups: text,
      scopes: text,
      endUser: optional,
    },
    rules: [{ _id: false, claim: text, value: text, tenantId: optional, role: text, appId: optional }],
    createdAt: { type: Date, required: true },
    fromEnvironment: Boolean,
  },
  [[{ issuer: 1 }, { unique: true }], [{ createdAt: 1, _id: 1 }]],
);
