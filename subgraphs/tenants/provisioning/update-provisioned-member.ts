import { HeddleError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import { members, type ProvisionedMemberRecord, type ProvisionedPerson } from '#mongo/members.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { MutationUpdateProvisionedMemberArgs, UpdateProvisionedMemberInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { resumeMembership } from '../members/deactivate-member.ts';
import { checkedEmail, requireUnlikeEmails } from '../members/email.ts';
import { MemberChanged, requireUnchanged } from '../members/require-unchanged.ts';
import { requireReach } from '../roles/require-reach.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { endProvisionedMember } from './end-provisioned-member.ts';
import { requireMemberVersion } from './member-version.ts';
import { refusingTaken } from './provision-member.ts';
import {
  checkedName,
  checkedOptionalName,
  listAddresses,
  requireProvisioned,
  toComparedName,
} from './provisioned-member.ts';
import { requireProvisioning } from './read-provisioning.ts';

const attemptsMax = 3;

/**
 * Changes a provisioned member. `active: false` ends it with its sessions and keys, whoever had reactivated it; `active: true` accepts it
 * again where its provider had deactivated it: one that the tenant has deactivated itself stays so. CONFLICT where it is not of the version that
 * is stated.
 */
export async function updateProvisionedMember(
  args: MutationUpdateProvisionedMemberArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ProvisionedMemberRecord> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await updateAsRead(args, context, deps);
    } catch (error) {
      // Not every provider sends it again.
      if (!(error instanceof MemberChanged) || attempt === attemptsMax) throw error;
    }
  }
}

async function updateAsRead(
  { id, input }: MutationUpdateProvisionedMemberArgs,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ProvisionedMemberRecord> {
  const before = await requireProvisioned(id, context);
  const { tenantId } = before;
  await context.auditTarget({ tenantId, type: 'Member', id });
  const change = checkedChange(input, before);
  await requireProvisioning(tenantId, deps);
  await requireReach([before], tenantId, context.caller, deps);
  // Who had deactivated the member itself has the last word.
  const isHeld = before.deactivatedAt != null && before.provisioned.active;
  const { active: _, ...rest } = change.person;
  const set = toFields(isHeld ? { ...change, person: rest } : change, readNow(deps));
  const check = async () => {
    await requireUnchanged(before, deps);
    await requireMemberVersion(id, input.ifVersion, context);
    await requireUnlikeEmails(
      listAddresses(change.email, change.person.userName),
      { tenantId, memberId: id },
      deps,
    );
  };
  await refusingTaken(async () => {
    if (input.active === false && before.deactivatedAt == null) {
      await endProvisionedMember(before, { removes: false, set, check }, context.caller, deps);
    } else if (input.active === true && !before.provisioned.active && before.deactivatedAt != null) {
      await resumeMembership(before, deps, { set, check });
    } else {
      await withLiveOwner({ tenantId }, deps, async () => {
        await check();
        await members(deps.connection).updateOne(
          { _id: id, 'provisioned.userKey': { $exists: true } },
          { $set: set },
        );
      });
    }
  }, change.person.userName ?? '');
  const after = await requireProvisioned(id, context);
  context.audit({ tenantId, type: 'Member', id, before, after });
  await callersChanged(deps, tenantId);
  return after;
}

interface PersonChange {
  readonly person: Partial<ProvisionedPerson>;
  /** Undefined: it stays as it is. */
  readonly email: string | null | undefined;
}

/** One by one: the groups of the member may change meanwhile. */
function toFields({ person, email }: PersonChange, modifiedAt: Date): Readonly<Record<string, unknown>> {
  const changed = Object.entries({ ...person, modifiedAt }).map(([name, value]) => [
    `provisioned.${name}`,
    value,
  ]);
  return { ...Object.fromEntries(changed), ...(email === undefined ? {} : { email }) };
}

function checkedChange(
  input: UpdateProvisionedMemberInput,
  { subject }: ProvisionedMemberRecord,
): PersonChange {
  const { externalId, userName, active } = input;
  if (externalId !== undefined && externalId !== subject) {
    throw new HeddleError(
      'BAD_USER_INPUT',
      'input.externalId is the subject of the member at its issuer, and cannot be changed.',
      { extensions: { field: 'input.externalId', reason: 'MUTABILITY' } },
    );
  }
  if (userName === null) badInput('input.userName', 'must not be null.');
  if (active === null) badInput('input.active', 'must not be null.');
  const name = userName === undefined ? undefined : checkedName(userName, 'input.userName');
  const email = input.email
    ? checkedEmail(input.email, 'input.email')
    : input.email === undefined
      ? undefined
      : null;
  return {
    email,
    person: {
      ...(name === undefined ? {} : { userName: name, userKey: toComparedName(name) }),
      ...(active === undefined ? {} : { active }),
      ...Object.fromEntries(
        (['displayName', 'givenName', 'familyName'] as const)
          .filter((field) => input[field] !== undefined)
          .map((field) => [field, checkedOptionalName(input[field], `input.${field}`)]),
      ),
    },
  };
}
