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

/** How people sign in at an issuer with a browser. */
export interface IssuerSignIn {
  /** The client that this mesh is to the issuer. */
  clientId: string;
  /** The secret of the client, sealed; null: a public client, which PKCE alone protects. */
  clientSecret: string | null;
  /** What the page of sign-in shows. */
  name: string;
  /** Whose people sign in here, in lower case. The page does not list an issuer that has some. */
  emailDomains: string[];
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
  /** The tenants whose people it vouches for; null or absent: those of every tenant. */
  tenantIds?: string[] | null;
  /** Null or absent: by its tokens alone, but for the first issuer, whose client the environment may state. */
  signIn?: IssuerSignIn | null;
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
    tenantIds: { type: [String], default: null },
    signIn: {
      type: { _id: false, clientId: text, clientSecret: optional, name: text, emailDomains: [String] },
      default: null,
    },
    createdAt: { type: Date, required: true },
    fromEnvironment: Boolean,
  },
  [[{ issuer: 1 }, { unique: true }], [{ createdAt: 1, _id: 1 }]],
);

/** Whether a person of the issuer may be one of the tenant, whatever rules, claims and records of members state. */
export function vouchesFor({ tenantIds }: Pick<IssuerRecord, 'tenantIds'>, tenantId: string): boolean {
  return tenantIds == null || tenantIds.includes(tenantId);
}
