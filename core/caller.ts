import type {
  AccessStatus,
  CacheScope,
  LimitWindow,
  Meter,
  OnRevoke,
  PayloadLogging,
  TrustedDocumentsMode,
} from './graph-enums.generated.ts';

/** One limit that binds a caller: of its tenant's plan, its app, its key, or a budget. */
export interface CallerLimit {
  /** What is counted together: `tenant:<id>`, `team:<id>`, `app:<id>`, `key:<id>` or `budget:<id>`. */
  readonly subject: string;
  readonly meter: Meter;
  readonly window: LimitWindow;
  /** An integer as text: calls, tokens, calls in flight, or nano-dollars for COST. */
  readonly amount: string;
  /** A budget refuses with BUDGET_EXCEEDED, a soft one only counts; every other limit refuses with QUOTA_EXCEEDED. */
  readonly budget?: {
    readonly hard: boolean;
    /** The app whose calls it counts; absent: all calls of the tenant count. */
    readonly appId?: string;
    /** The team whose calls it counts, instead of an app. */
    readonly teamId?: string;
    /** The line of the key whose calls it counts, which belongs to the app. */
    readonly keyLineId?: string;
    /** Parts of the amount at which a line is logged, such as 0.8; absent: none. */
    readonly alertAt?: readonly number[];
  };
}

/** Names that a plan, app or key allows. */
export interface CallerNames {
  /** `tenant:<id>`, `app:<id>` or `key:<id>`: the owner of the plan, the app or the key. */
  readonly subject: string;
  /** A name each, or a beginning followed by `*`. */
  readonly patterns: readonly string[];
}

/** A request of the caller's app for access to something that may require approval. */
export interface CallerGrant {
  readonly resource: string;
  readonly status: AccessStatus;
  /** An operator approved it. Absent: no. */
  readonly byOperator?: true;
  /** When it was decided; while it is pending, when it was requested. ISO 8601. */
  readonly at: string;
  /** Milliseconds since the epoch at which the approval ends; absent: it does not. */
  readonly endsAtMs?: number;
  /** Of a denial or revocation, at most 200 characters; absent: none was stated. */
  readonly reason?: string;
}

/**
 * The caller, the same for every handler. Plain JSON, so that the gateway can hand it to a subgraph in another
 * process; made by the tenants subgraph from a key's hash, trusted only from a signed identity (identity.ts).
 */
export interface Caller {
  /** SYSTEM is the mesh itself (the gateway looking up a key); no handler ever makes one from outside. */
  readonly kind: 'ANONYMOUS' | 'API_KEY' | 'USER' | 'SYSTEM';
  readonly tenantId: string | null;
  /** The plan of the tenant, which decides what of the mesh is offered to it; absent: of no plan. */
  readonly planId?: string;
  readonly appId: string | null;
  /** The team of the app; absent: it has none. */
  readonly teamId?: string;
  readonly keyId: string | null;
  /**
   * What the limits, calls and idempotency keys of the caller are counted under: of a key its line, which rotation keeps;
   * of a person one that is made of issuer and subject.
   */
  readonly keyLineId: string | null;
  /** Of a key that was made with a limited one: `key:<line>` and `app:<id>` of its makers, whose limits count its calls too. */
  readonly makerScopes?: readonly string[];
  /** Of a key that belongs to a member: the id of the member. */
  readonly memberId?: string;
  /** Of a key that belongs to a service: the name of the service. */
  readonly service?: string;
  /** Of a person or workload: the `sub` of its token, which is unique for its issuer alone. */
  readonly subject: string | null;
  /** Of a person or workload: the id of the issuer of its token. */
  readonly issuerId?: string;
  /** Of a person: the email address that its token states. */
  readonly email?: string;
  /** Of a person or workload: the name of its role; absent where its token has scopes and no role. */
  readonly role?: string;
  readonly scopes: readonly string[];
  /** The browser session whose cookie was sent; absent: the caller sent a key or token itself. */
  readonly sessionId?: string;
  /** All limits that bind this caller at once. */
  readonly limits: readonly CallerLimit[];
  /** Data residency: a provider's region must be one of these; null: anywhere. */
  readonly allowedRegions: readonly string[] | null;
  /** The payload rule of its tenant; with NONE no content of its calls is stored. */
  readonly payloadLogging: PayloadLogging;
  /** Days that its tenant keeps payloads for; absent: the default. */
  readonly payloadDays?: number;
  /** What `cache: DEFAULT` means for this caller. */
  readonly cacheByDefault: boolean;
  /** What its app or tenant narrows the scope of every @cache to; absent: not at all. */
  readonly cacheScope?: CacheScope;
  /** What its app decides of documents that are not trusted; absent: what the mesh does. */
  readonly trustedDocuments?: TrustedDocumentsMode;
  /** Addresses (single or CIDR) the key may be used from; null: any. Checked by the gateway. */
  readonly allowedIps: readonly string[] | null;
  /** Milliseconds since the epoch after which the key or token is refused; null: never. */
  readonly expiresAtMs: number | null;
  /** What becomes of its open subscriptions when its key or token ends; absent: they end too. */
  readonly onRevoke?: OnRevoke;
  /** The end user that a page token is bound to: its calls are for this user, and it reads no one else's. Null: unbound. */
  readonly endUserId: string | null;
  /** The AI models and routes that may be called: a name must match a pattern of every list. No list: all. */
  readonly modelLists: readonly CallerNames[];
  /** The prompts that may be run, in the same way. */
  readonly promptLists: readonly CallerNames[];
  /** The requests of its app for access; absent: none. */
  readonly grants?: readonly CallerGrant[];
}

/** The result for a key of an archived app or tenant. Not a caller by its shape, so that code that expects one refuses it. */
export interface ArchivedCaller {
  readonly archived: 'app' | 'tenant';
  readonly caller: Caller;
}

/** Why a token is refused. */
export type TokenProblem =
  | 'MALFORMED'
  | 'ISSUER'
  | 'SIGNATURE'
  | 'EXPIRED'
  | 'AUDIENCE'
  | 'CLAIMS'
  | 'ROLE'
  | 'ISSUER_UNAVAILABLE';

/** The result for a token that is refused, with words for its owner. Not a caller by its shape, like ArchivedCaller. */
export interface RefusedToken {
  readonly refused: TokenProblem;
  readonly message: string;
}

export const anonymousCaller: Caller = Object.freeze({
  kind: 'ANONYMOUS',
  tenantId: null,
  appId: null,
  keyId: null,
  keyLineId: null,
  subject: null,
  scopes: [],
  limits: [],
  allowedRegions: null,
  payloadLogging: 'DEFAULT',
  cacheByDefault: false,
  allowedIps: null,
  expiresAtMs: null,
  endUserId: null,
  modelLists: [],
  promptLists: [],
} satisfies Caller);

/** The mesh itself, calling one of its own subgraphs. */
export const systemCaller: Caller = Object.freeze({ ...anonymousCaller, kind: 'SYSTEM' } satisfies Caller);

/** Every scope there is, with what it allows; the first admin key holds them all. */
export const scopes = {
  'inference:invoke':
    'Invoke models and prompts, list the AI models and routes that may be called, and read and rate the calls of the same key.',
  'models:read': 'Read providers, AI models, prices and routes.',
  'models:write':
    'Change providers, credentials, models and routes of the mesh, for every tenant, and those of the own tenant.',
  'providers:write': 'Change providers, credentials, models and routes that the own tenant owns.',
  'prompts:read': 'Read prompts and their versions.',
  'prompts:write': 'Create, change and archive prompts, publish and label versions.',
  'tenants:read': 'Read the own tenant: plan, apps, keys, members, budgets and access requests.',
  'tenants:write':
    'Change the apps, keys, members and budgets of the own tenant, and decide access requests.',
  'tenants:admin':
    'See and change every tenant and plan; with `prompts:write` also the prompts of the mesh and of every tenant.',
  'keys:write': 'Read, create, change, rotate and revoke the API keys of the own tenant.',
  'members:write':
    'Provision the members and groups of the own tenant, as an identity provider does over SCIM; the tenant decides on their roles.',
  'guardrails:write':
    'Read, save, roll back and delete the guardrail policies of the own tenant, test guardrails, and keep the consents of its end users.',
  'usage:read': 'Read usage, and the ledger of the own tenant.',
  'completions:read':
    'Read the ledger, and the content of completions, of the own tenant; with `inference:invoke` also cancel them.',
  'logs:read':
    'Read the ledger of the own tenant, and the requests and responses of its calls where they are kept.',
  'audit:read': "Read the own tenant's audit log.",
} as const;

export type Scope = keyof typeof scopes;

/** For each scope the scopes that include it: of `x:read` those that change the same, and of newer scopes the older one that covers it. */
const includedIn: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['keys:write', ['tenants:write']],
  ['members:write', ['tenants:write']],
  ['providers:write', ['models:write']],
  ...Object.keys(scopes).flatMap((scope) => {
    const [thing = '', verb] = scope.split(':');
    const wider = [`${thing}:write`, `${thing}:admin`].filter((one) => Object.hasOwn(scopes, one));
    return verb === 'read' && wider.length > 0 ? [[scope, wider] as const] : [];
  }),
]);

function includesScope(held: readonly string[], scope: string): boolean {
  return held.includes(scope) || (includedIn.get(scope)?.some((wider) => held.includes(wider)) ?? false);
}

/** Does the caller have the scope? `x:write` and `x:admin` include `x:read`, `tenants:write` includes `keys:write` and `members:write`, `models:write` includes `providers:write`; nothing else is implied. */
export function hasScope(caller: Pick<Caller, 'scopes'>, scope: Scope): boolean {
  return includesScope(caller.scopes, scope);
}

/** Does the caller meet this demand of @requiresScopes: one of the sets, all of its scopes? */
export function meetsScopes(caller: Pick<Caller, 'scopes'>, sets: readonly (readonly string[])[]): boolean {
  return sets.some((set) => set.every((scope) => includesScope(caller.scopes, scope)));
}
