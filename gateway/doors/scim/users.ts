import { HeddleError } from '#core/errors.ts';
import { readProtocolJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import {
  type ScimUserFragment,
  scimCreateUser,
  scimRemoveUser,
  scimUpdateUser,
  scimUser,
  scimUsers,
} from '../operations.generated.ts';
import type { FilterAttributes } from './filter.ts';
import { readListQuery, toListResponse } from './list-query.ts';
import { ScimRefusal } from './scim-refusal.ts';
import { readSelection, selectAttributes } from './select-attributes.ts';
import {
  endScim,
  locate,
  requiresVersion,
  requireVersion,
  type ScimResource,
  scimJson,
  sendResource,
  toVersion,
} from './send-scim.ts';
import { readUser, readUserPatch, type UserChange } from './user-attributes.ts';

interface UserCondition {
  readonly id?: string;
  readonly externalId?: string;
  readonly userName?: string;
  readonly email?: string;
  readonly active?: boolean;
}

const text =
  (field: 'id' | 'externalId' | 'userName' | 'email') =>
  (value: string | boolean): UserCondition => ({ [field]: String(value) });

const filterAttributes: FilterAttributes<UserCondition> = {
  id: text('id'),
  username: text('userName'),
  externalid: text('externalId'),
  emails: text('email'),
  'emails.value': text('email'),
  'emails.type': (value) => String(value).toLowerCase() === 'work',
  'emails.primary': (value) => String(value) === 'true',
  active: (value) => ({ active: String(value).toLowerCase() === 'true' }),
};

/** GET /Users. */
export async function listUsers(exchange: Exchange): Promise<void> {
  const { anyOf, startIndex, count, selection } = readListQuery(exchange, filterAttributes);
  const variables = { anyOf, offset: startIndex - 1, first: count };
  const { provisionedMembers: page } = await runDeclared(exchange, scimUsers, variables);
  const resources = page.nodes.map((user) => selectAttributes(toResource(exchange, user), selection));
  return endScim(exchange, toListResponse(resources, { ...page, startIndex }));
}

/** POST /Users. */
export async function createUser(exchange: Exchange): Promise<void> {
  const { userName, externalId, ...rest } = readUser(await readProtocolJson(exchange, scimJson));
  if (userName == null) throw new ScimRefusal('invalidValue', 'userName is required.');
  if (externalId == null) {
    throw new ScimRefusal(
      'invalidValue',
      'externalId is required: map it to what the tokens of the user have as their subject.',
    );
  }
  const { provisionMember } = await runDeclared(exchange, scimCreateUser, {
    input: { ...rest, userName, externalId },
  });
  const resource = toResource(exchange, provisionMember);
  exchange.response.statusCode = 201;
  exchange.response.setHeader('location', resource.meta.location);
  return sendResource(exchange, resource, readSelection(new URLSearchParams(exchange.search)));
}

/** GET /Users/{id}. */
export async function getUser(exchange: Exchange): Promise<void> {
  const selection = readSelection(new URLSearchParams(exchange.search));
  return sendResource(exchange, await findUser(exchange), selection);
}

/** PUT /Users/{id}. */
export async function replaceUser(exchange: Exchange): Promise<void> {
  const { externalId, ...change } = readUser(await readProtocolJson(exchange, scimJson));
  if (change.userName == null) throw new ScimRefusal('invalidValue', 'userName is required.');
  return updateUser(exchange, externalId == null ? change : { ...change, externalId });
}

/** PATCH /Users/{id}. */
export async function patchUser(exchange: Exchange): Promise<void> {
  return updateUser(exchange, readUserPatch(await readProtocolJson(exchange, scimJson)));
}

async function updateUser(exchange: Exchange, change: UserChange): Promise<void> {
  const selection = readSelection(new URLSearchParams(exchange.search));
  const ifVersion = await findWantedVersion(exchange);
  const id = exchange.params.id ?? '';
  const input = { ...change, ...(ifVersion === null ? {} : { ifVersion }) };
  const { updateProvisionedMember } = await runDeclared(exchange, scimUpdateUser, { id, input });
  return sendResource(exchange, toResource(exchange, updateProvisionedMember), selection);
}

/** DELETE /Users/{id}. */
export async function deleteUser(exchange: Exchange): Promise<void> {
  const ifVersion = await findWantedVersion(exchange);
  await runDeclared(exchange, scimRemoveUser, { id: exchange.params.id ?? '', ifVersion });
  exchange.response.statusCode = 204;
  exchange.response.end();
}

/** The version that the user must still have when it is changed; null: any. Throws BadRequest 412 where it has another one already. */
async function findWantedVersion(exchange: Exchange): Promise<string | null> {
  if (!requiresVersion(exchange)) return null;
  const user = await loadUser(exchange);
  requireVersion(exchange, toResource(exchange, user));
  return user.version;
}

async function findUser(exchange: Exchange): Promise<ScimResource> {
  return toResource(exchange, await loadUser(exchange));
}

async function loadUser(exchange: Exchange): Promise<ScimUserFragment> {
  const id = exchange.params.id ?? '';
  const { provisionedMember } = await runDeclared(exchange, scimUser, { id });
  if (provisionedMember != null) return provisionedMember;
  throw new HeddleError('NOT_FOUND', `There is no user ${JSON.stringify(id.slice(0, 100))}.`);
}

/** A user as RFC 7643 has it; what it does not have is left out. */
function toResource(exchange: Exchange, user: ScimUserFragment): ScimResource {
  const { id, userName, externalId, displayName, givenName, familyName, email, active, groups } = user;
  const name = { givenName: givenName ?? undefined, familyName: familyName ?? undefined };
  const hasName = givenName != null || familyName != null;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id,
    externalId,
    userName,
    ...(displayName == null ? {} : { displayName }),
    ...(hasName ? { name } : {}),
    ...(email == null ? {} : { emails: [{ value: email, type: 'work', primary: true }] }),
    active,
    groups: groups.map((group) => ({
      value: group.id,
      $ref: locate(exchange, `/Groups/${group.id}`),
      display: group.displayName,
    })),
    meta: {
      resourceType: 'User',
      created: user.createdAt,
      lastModified: user.modifiedAt,
      version: toVersion([id, user.version]),
      location: locate(exchange, `/Users/${id}`),
    },
  };
}
