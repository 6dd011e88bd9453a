import { scopes as knownScopes } from '#core/caller.ts';
import { firstIssuerId, type IssuerRecord, type IssuerRule } from '#mongo/issuers.ts';
import { type Claims, hasClaim, readText, readWords } from './claims.ts';
import type { Identity } from './identity.ts';
import { TokenRefusal } from './token-refusal.ts';

/** Claims that count without being named in the record of the issuer: see `hasOwnClaims`. */
const ownClaims = { tenant: 'heddle_tenant', role: 'heddle_role', scopes: 'heddle_scopes' };
/** Claims in which OAuth clients request scopes of many services: they narrow, and never grant. */
const sharedScopeClaims: ReadonlySet<string> = new Set(['scope', 'scp']);
const subjectLengthMax = 256;
const idLengthMax = 200;

/** Who the claims stand for. Throws TokenRefusal where no rule and no claim states the tenant and the role. */
export function mapClaims(issuer: IssuerRecord, claims: Claims): Identity {
  const { claims: paths } = issuer;
  const subject = readText(claims, paths.subject, subjectLengthMax);
  if (subject === undefined) {
    throw new TokenRefusal('CLAIMS', `The token has no subject in the claim ${quote(paths.subject)}.`);
  }
  const rule = findRule(issuer, claims);
  const granted = readScopes(issuer, claims);
  const role = rule?.role ?? readText(claims, rolePath(issuer), idLengthMax) ?? null;
  const tenantId = readTenantId(issuer, claims);
  if (role === null && !granted.mayGrant) throw noRole(issuer, claims);
  if (tenantId === undefined) {
    throw new TokenRefusal(
      'ROLE',
      `No rule of the issuer ${quote(issuer._id)} and no claim of the token states its tenant.`,
    );
  }
  return {
    issuerId: issuer._id,
    issuer: issuer.issuer,
    subject,
    email: readText(claims, paths.email, subjectLengthMax) ?? null,
    tenantId,
    role,
    scopes: granted.scopes,
    appId: rule?.appId ?? null,
    endUserId: readEndUser(issuer, claims),
  };
}

/** The tenant that a rule or a claim states; undefined: none does. */
export function readTenantId(issuer: IssuerRecord, claims: Claims): string | undefined {
  return findRule(issuer, claims)?.tenantId ?? readText(claims, tenantPath(issuer), idLengthMax);
}

/** What the claims narrow a role to, whoever has granted it. */
export function readNarrowing(issuer: IssuerRecord, claims: Claims): Pick<Identity, 'scopes' | 'endUserId'> {
  return { scopes: readScopes(issuer, claims).scopes, endUserId: readEndUser(issuer, claims) };
}

/** The first rule that fits. */
function findRule({ claims: paths, rules }: IssuerRecord, claims: Claims): IssuerRule | undefined {
  return rules.find(({ claim, value }) => hasClaim(claims, claim === 'groups' ? paths.groups : claim, value));
}

/**
 * Whether the issuer states by itself who is in which tenant, and an operator: the first one, which the operator of the mesh
 * configures, where it has no rules. Any other one does so only by paths that were saved for it: it may be a customer's.
 */
function hasOwnClaims({ _id, rules }: IssuerRecord): boolean {
  return _id === firstIssuerId && rules.length === 0;
}

function tenantPath(issuer: IssuerRecord): string | null {
  return issuer.claims.tenant ?? (hasOwnClaims(issuer) ? ownClaims.tenant : null);
}

function rolePath(issuer: IssuerRecord): string | null {
  return issuer.claims.role ?? (hasOwnClaims(issuer) ? ownClaims.role : null);
}

/** A token of an issuer that is to name an end user, and names none, would be bound to none: it is refused. */
function readEndUser({ claims: paths }: IssuerRecord, claims: Claims): string | null {
  if (paths.endUser === null) return null;
  const endUserId = readText(claims, paths.endUser, subjectLengthMax);
  if (endUserId !== undefined) return endUserId;
  throw new TokenRefusal('CLAIMS', `The token has no end user in the claim ${quote(paths.endUser)}.`);
}

interface GrantedScopes {
  readonly scopes: readonly string[] | null;
  /** True where the claim is made for Heddle, so that it grants scopes without a role. */
  readonly mayGrant: boolean;
}

function readScopes(issuer: IssuerRecord, claims: Claims): GrantedScopes {
  const { claims: paths } = issuer;
  const own = hasOwnClaims(issuer) ? readWords(claims, ownClaims.scopes) : undefined;
  const words = own ?? readWords(claims, paths.scopes);
  const isShared = own === undefined && sharedScopeClaims.has(paths.scopes);
  const isOurs = (words ?? []).some((word) => Object.hasOwn(knownScopes, word));
  // `openid profile` states nothing about Heddle.
  if (words === undefined || (isShared && !isOurs)) return { scopes: null, mayGrant: false };
  return { scopes: words, mayGrant: !isShared };
}

/** Entra leaves groups out of a token with too many, and names where they could be fetched. */
function lacksGroups(claims: Claims): boolean {
  const sources = claims._claim_names;
  return (
    claims.hasgroups === true || (typeof sources === 'object' && sources !== null && 'groups' in sources)
  );
}

function noRole(issuer: IssuerRecord, claims: Claims): TokenRefusal {
  const hint = lacksGroups(claims)
    ? ' The token leaves out its groups because there are too many: use roles of the app, or limit the groups to those that are assigned to the app.'
    : '';
  const path = rolePath(issuer);
  const claim = path === null ? '' : ` and the claim ${quote(path)} states none`;
  return new TokenRefusal(
    'ROLE',
    `No rule of the issuer ${quote(issuer._id)} fits this token${claim}: it has no role here.${hint}`,
  );
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
