import { badInput, checkedId, checkedList, notFound, orConflict } from '#core/input.ts';
import { isLabel } from '#core/text/label.ts';
import { apps } from '#mongo/apps.ts';
import {
  type IssuerClaims,
  type IssuerRecord,
  type IssuerRule,
  issuers,
  vouchesFor,
} from '#mongo/issuers.ts';
import { tenants } from '#mongo/tenants.ts';
import { withRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { IssuerClaimsInput, IssuerInput, IssuerRuleInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { adoptMembers, bindToUrl, endIssuerSessions } from '../members/issuer-binding.ts';
import { findRoleScopes, withRoles } from '../roles/find-role.ts';
import {
  checkedSignIn,
  type RequestedSignIn,
  requireSignIn,
  toStoredSignIn,
} from '../sign-in/save-sign-in.ts';
import { fetchKeys, findJwksUrl, IssuerFailure, noFetch } from './issuer-documents.ts';
import { isIssuerUrl, isSafeUrl } from './issuer-url.ts';

const audiencesMax = 20;
const rulesMax = 200;
const tenantsMax = 200;
const textLengthMax = 500;
const pathLengthMax = 200;

/** The paths of OpenID Connect, where the input has no others. */
export const standardClaims: IssuerClaims = {
  subject: 'sub',
  email: 'email',
  tenant: null,
  role: null,
  groups: 'groups',
  scopes: 'scope',
  endUser: null,
};

/** Adds an issuer or replaces the one of that id, once its documents could be fetched. CONFLICT when another has its `issuer`. */
export async function saveIssuer(
  input: IssuerInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<IssuerRecord> {
  const claims = checkedClaims(input.claims ?? {});
  const tenantIds = await checkedTenants(input.tenantIds, 'input.tenantIds', deps);
  const rules = await checkedRules(input.rules ?? [], { claims, tenantIds }, deps);
  const issuer: IssuerRecord = {
    _id: checkedId(input.id, 'input.id'),
    issuer: checkedIssuer(input.issuer, 'input.issuer'),
    audience: checkedAudience(input.audience, 'input.audience'),
    jwksUrl: checkedJwksUrl(input.jwksUrl, 'input.jwksUrl'),
    ...{ claims, rules, tenantIds },
    createdAt: readNow(deps),
  };
  const signIn = input.signIn == null ? null : checkedSignIn(input.signIn, issuer._id);
  await requireDocuments(issuer, deps);
  if (signIn !== null) await requireSignIn(issuer, deps);
  await context.auditTarget({ tenantId: null, type: 'Issuer', id: issuer._id });
  // While the documents were fetched, a role may have been deleted.
  const { before, after } = await withRoles(null, deps.connection, async () => {
    await checkedRules(input.rules ?? [], { claims, tenantIds }, deps);
    const written = await write(issuer, signIn, deps);
    if (input.adoptMembers === true) await adoptMembers(issuer, deps.connection);
    return written;
  });
  context.audit({ tenantId: null, type: 'Issuer', id: issuer._id, before, after });
  await callersChanged(deps, null);
  return after;
}

/** Deletes an issuer and returns its id; its tokens are refused at once, and its sessions end. */
export async function deleteIssuer(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const records = issuers(deps.connection);
  if (!(await records.exists({ _id: id }))) notFound('issuer', id);
  await context.auditTarget({ tenantId: null, type: 'Issuer', id });
  const before = await withRoles(null, deps.connection, async () => {
    const found = (await records.findById(id).lean()) ?? notFound('issuer', id);
    await bindToUrl(found, deps.connection);
    await records.deleteOne({ _id: id });
    await endIssuerSessions(id, deps.connection);
    return found;
  });
  context.audit({ tenantId: null, type: 'Issuer', id, before });
  await callersChanged(deps, null);
  return id;
}

async function write(
  issuer: IssuerRecord,
  requested: RequestedSignIn | null,
  deps: TenantsDeps,
): Promise<{ readonly before: IssuerRecord | null; readonly after: IssuerRecord }> {
  const { _id, createdAt, ...stated } = issuer;
  const records = issuers(deps.connection);
  const before = await records.findById(_id).lean();
  const signIn = requested === null ? null : await toStoredSignIn(requested, issuer, before, deps);
  const fields = { ...stated, signIn };
  const isOther = before?.issuer !== issuer.issuer;
  if (before !== null && isOther) await bindToUrl(before, deps.connection);
  const after = await withRoom(
    deps,
    'issuers',
    '',
    () => records.countDocuments({ _id: { $ne: _id } }),
    () =>
      orConflict(
        records
          .findOneAndUpdate(
            { _id },
            { $set: fields, $setOnInsert: { createdAt } },
            { upsert: true, returnDocument: 'after' },
          )
          .lean()
          .exec(),
        `There is an issuer with the URL ${JSON.stringify(fields.issuer)} already.`,
      ),
  );
  if (isOther) await endIssuerSessions(_id, deps.connection);
  return { before, after: after ?? notFound('issuer', _id) };
}

/** The URL of an issuer, which tokens must repeat exactly: what a URL parser would change is refused. */
function checkedIssuer(value: string, field: string): string {
  if (value.length <= textLengthMax && isIssuerUrl(value)) return value;
  return badInput(
    field,
    'must be an https URL (http for loopback) in its usual spelling, without query and fragment.',
  );
}

function checkedAudience(values: readonly string[], field: string): string[] {
  const audience = checkedList(values, field, audiencesMax);
  if (audience.length === 0) badInput(field, 'must have at least one audience.');
  audience.forEach((value, index) => {
    requireExact(value, `${field}[${index}]`);
  });
  return audience;
}

function checkedJwksUrl(value: string | null | undefined, field: string): string | null {
  if (value == null) return null;
  if (value.length > textLengthMax || !isSafeUrl(value))
    badInput(field, 'must be an https URL (http for loopback).');
  return value;
}

/** A text that is compared exactly. */
function requireExact(value: string, field: string): void {
  if (!isLabel(value, textLengthMax)) {
    badInput(field, `must be 1 to ${textLengthMax} printable characters without space at the ends.`);
  }
  if (value.includes('*')) badInput(field, 'has a `*`, and is compared exactly: there are no wildcards.');
}

function checkedPath(value: string, field: string): string {
  if (isLabel(value, pathLengthMax)) return value;
  return badInput(field, `must be the path of a claim, 1 to ${pathLengthMax} printable characters.`);
}

function checkedClaims(input: IssuerClaimsInput): IssuerClaims {
  function toPath(name: 'subject' | 'email' | 'groups' | 'scopes'): string {
    return checkedPath(input[name] ?? standardClaims[name], `input.claims.${name}`);
  }
  function toOptionalPath(name: 'tenant' | 'role' | 'endUser'): string | null {
    const path = input[name] ?? standardClaims[name];
    return path === null ? null : checkedPath(path, `input.claims.${name}`);
  }
  return {
    subject: toPath('subject'),
    email: toPath('email'),
    tenant: toOptionalPath('tenant'),
    role: toOptionalPath('role'),
    groups: toPath('groups'),
    scopes: toPath('scopes'),
    endUser: toOptionalPath('endUser'),
  };
}

/** The tenants that the issuer vouches for; null: all. BAD_USER_INPUT for one that does not exist, and for none. */
async function checkedTenants(
  ids: readonly string[] | null | undefined,
  field: string,
  { connection }: TenantsDeps,
): Promise<string[] | null> {
  if (ids == null) return null;
  const wanted = checkedList(ids, field, tenantsMax);
  if (wanted.length === 0) badInput(field, 'must name at least one tenant; left out it means every tenant.');
  const found = await tenants(connection)
    .find({ _id: { $in: wanted } }, { _id: 1 })
    .lean();
  const known = new Set(found.map(({ _id }) => _id));
  const unknown = wanted.find((id) => !known.has(id));
  return unknown === undefined
    ? wanted
    : badInput(field, `names a tenant that does not exist: ${quote(unknown)}.`);
}

async function checkedRules(
  inputs: readonly IssuerRuleInput[],
  { claims, tenantIds }: Required<Pick<IssuerRecord, 'claims' | 'tenantIds'>>,
  deps: TenantsDeps,
): Promise<IssuerRule[]> {
  if (inputs.length > rulesMax) {
    badInput('input.rules', `must not have more than ${rulesMax} rules; it has ${inputs.length}.`);
  }
  const rules: IssuerRule[] = [];
  for (const [index, { claim, value, tenantId, role, appId }] of inputs.entries()) {
    const field = `input.rules[${index}]`;
    checkedPath(claim, `${field}.claim`);
    requireExact(value, `${field}.value`);
    if (tenantId == null && claims.tenant === null) {
      badInput(`${field}.tenantId`, 'is needed where input.claims.tenant names no claim.');
    }
    if (tenantId != null && !vouchesFor({ tenantIds }, tenantId)) {
      badInput(`${field}.tenantId`, 'names a tenant that is not among input.tenantIds.');
    }
    await requireTargets({ tenantId: tenantId ?? null, role, appId: appId ?? null }, field, deps);
    rules.push({ claim, value, tenantId: tenantId ?? null, role, appId: appId ?? null });
  }
  return rules;
}

/** BAD_USER_INPUT where the tenant, role or app of a rule does not exist. */
async function requireTargets(
  { tenantId, role, appId }: Pick<IssuerRule, 'tenantId' | 'role' | 'appId'>,
  field: string,
  deps: TenantsDeps,
): Promise<void> {
  if (tenantId !== null && !(await tenants(deps.connection).exists({ _id: tenantId }))) {
    badInput(`${field}.tenantId`, `names a tenant that does not exist: ${quote(tenantId)}.`);
  }
  if ((await findRoleScopes(role, tenantId, deps.connection)) === null) {
    badInput(`${field}.role`, `names a role that does not exist there: ${quote(role)}.`);
  }
  if (appId === null) return;
  if (tenantId === null) badInput(`${field}.appId`, 'needs a tenantId beside it.');
  if (!(await apps(deps.connection).exists({ _id: appId, tenantId }))) {
    badInput(`${field}.appId`, `names an app that is not one of the tenant: ${quote(appId)}.`);
  }
}

/** BAD_USER_INPUT that names what is wrong with the documents of the issuer. */
async function requireDocuments({ issuer, jwksUrl }: IssuerRecord, deps: TenantsDeps): Promise<void> {
  const fetch = deps.outboundFetch ?? noFetch;
  try {
    await fetchKeys(jwksUrl ?? (await findJwksUrl(issuer, fetch)), fetch);
  } catch (error) {
    if (!(error instanceof IssuerFailure)) throw error;
    badInput(jwksUrl === null ? 'input.issuer' : 'input.jwksUrl', `cannot be used: ${error.message}`);
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
