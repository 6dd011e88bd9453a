import { HeddleError } from '#core/errors.ts';
import { readProtocolJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import {
  type ScimGroupFragment,
  scimDeleteGroup,
  scimGroup,
  scimGroups,
  scimSaveGroup,
} from '../operations.generated.ts';
import type { FilterAttributes } from './filter.ts';
import { readGroup, readGroupPatch, type StatedGroup } from './group-attributes.ts';
import { readListQuery, toListResponse } from './list-query.ts';
import { type AttributeSelection, isSelected, readSelection, selectAttributes } from './select-attributes.ts';
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

interface GroupCondition {
  readonly id?: string;
  readonly externalId?: string;
  readonly displayName?: string;
  readonly memberId?: string;
}

const text =
  (field: keyof GroupCondition) =>
  (value: string | boolean): GroupCondition => ({ [field]: String(value) });

const filterAttributes: FilterAttributes<GroupCondition> = {
  id: text('id'),
  displayname: text('displayName'),
  externalid: text('externalId'),
  members: text('memberId'),
  'members.value': text('memberId'),
};

const readOwnSelection = ({ search }: Exchange): AttributeSelection =>
  readSelection(new URLSearchParams(search));

/** GET /Groups. */
export async function listGroups(exchange: Exchange): Promise<void> {
  const { anyOf, startIndex, count, selection } = readListQuery(exchange, filterAttributes);
  const withMembers = isSelected('members', selection);
  const variables = { anyOf, offset: startIndex - 1, first: count, withMembers };
  const { memberGroups: page } = await runDeclared(exchange, scimGroups, variables);
  const resources = page.nodes.map((group) => selectAttributes(toResource(exchange, group), selection));
  return endScim(exchange, toListResponse(resources, { ...page, startIndex }));
}

/** POST /Groups. */
export async function createGroup(exchange: Exchange): Promise<void> {
  const resource = await saveGroup(exchange, readGroup(await readProtocolJson(exchange, scimJson)));
  exchange.response.statusCode = 201;
  exchange.response.setHeader('location', resource.meta.location);
  return sendResource(exchange, resource, readOwnSelection(exchange));
}

/** GET /Groups/{id}. */
export async function getGroup(exchange: Exchange): Promise<void> {
  return sendResource(exchange, await findGroup(exchange), readOwnSelection(exchange));
}

/** PUT /Groups/{id}. */
export async function replaceGroup(exchange: Exchange): Promise<void> {
  const change = readGroup(await readProtocolJson(exchange, scimJson));
  return sendResource(exchange, await changeGroup(exchange, change), readOwnSelection(exchange));
}

/** PATCH /Groups/{id}: without `attributes` in the query the answer has no body, as groups may have many members. */
export async function patchGroup(exchange: Exchange): Promise<void> {
  const resource = await changeGroup(exchange, readGroupPatch(await readProtocolJson(exchange, scimJson)));
  const selection = readOwnSelection(exchange);
  if (selection.attributes !== null) return sendResource(exchange, resource, selection);
  exchange.response.setHeader('etag', resource.meta.version);
  exchange.response.statusCode = 204;
  exchange.response.end();
}

/** DELETE /Groups/{id}. */
export async function deleteGroup(exchange: Exchange): Promise<void> {
  const ifRevision = await findWantedRevision(exchange);
  await runDeclared(exchange, scimDeleteGroup, { id: exchange.params.id ?? '', ifRevision });
  exchange.response.statusCode = 204;
  exchange.response.end();
}

async function changeGroup(exchange: Exchange, change: StatedGroup): Promise<ScimResource> {
  const ifRevision = await findWantedRevision(exchange);
  const condition = ifRevision === null ? {} : { ifRevision };
  return saveGroup(exchange, { id: exchange.params.id ?? '', ...change, ...condition });
}

async function saveGroup(
  exchange: Exchange,
  input: StatedGroup & { readonly id?: string; readonly ifRevision?: number },
): Promise<ScimResource> {
  const withMembers =
    exchange.request.method !== 'PATCH' && isSelected('members', readOwnSelection(exchange));
  const { saveMemberGroup } = await runDeclared(exchange, scimSaveGroup, { input, withMembers });
  return toResource(exchange, saveMemberGroup);
}

/** The revision that the group must still have when it is changed; null: any. Throws BadRequest 412 where it has another one already. */
async function findWantedRevision(exchange: Exchange): Promise<number | null> {
  if (!requiresVersion(exchange)) return null;
  const group = await loadGroup(exchange);
  requireVersion(exchange, toResource(exchange, group));
  return group.revision;
}

async function findGroup(exchange: Exchange): Promise<ScimResource> {
  return toResource(exchange, await loadGroup(exchange));
}

async function loadGroup(exchange: Exchange): Promise<ScimGroupFragment> {
  const id = exchange.params.id ?? '';
  const withMembers = isSelected('members', readOwnSelection(exchange));
  const { memberGroup } = await runDeclared(exchange, scimGroup, { id, withMembers });
  if (memberGroup != null) return memberGroup;
  throw new HeddleError('NOT_FOUND', `There is no group ${JSON.stringify(id.slice(0, 100))}.`);
}

/** A group as RFC 7643 has it; what it does not have, and members that were not selected, are left out. */
function toResource(exchange: Exchange, group: ScimGroupFragment): ScimResource {
  const { id, displayName, externalId, memberIds, revision } = group;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    id,
    ...(externalId == null ? {} : { externalId }),
    displayName,
    ...(memberIds == null
      ? {}
      : {
          members: memberIds.map((value) => ({
            value,
            type: 'User',
            $ref: locate(exchange, `/Users/${value}`),
          })),
        }),
    meta: {
      resourceType: 'Group',
      created: group.createdAt,
      lastModified: group.modifiedAt,
      version: toVersion([id, revision]),
      location: locate(exchange, `/Groups/${id}`),
    },
  };
}
