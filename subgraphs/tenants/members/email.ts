import { HeddleError } from '#core/errors.ts';
import { badInput, checkedText } from '#core/input.ts';
import { checkedScripts, toLookAlikeKey } from '#core/text/look-alike.ts';
import { invitations } from '#mongo/invitations.ts';
import { members } from '#mongo/members.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { openAt } from '../invitations/invitation-state.ts';

/** One address and nothing else: no name beside it, no list, and no character that cannot be seen or that a header would read as more. */
const form = /^[^\s\p{C}@<>()[\],;:"\\]+@[^\s\p{C}@<>()[\],;:"\\]+$/u;

/** An email address of an input. BAD_USER_INPUT for what is none, and for words of several scripts. */
export function checkedEmail(email: string, field: string): string {
  const text = checkedText(email, field, 254);
  return checkedScripts(form.test(text) ? text : badInput(field, 'is no email address.'), field);
}

/** The same text for one address, however it is written. */
export function toEmailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

/** CONFLICT where a member or an open invitation of the tenant has another address that looks the same. For the holder of the tenant's lock. */
export async function requireUnlikeEmail(email: string, tenantId: string, deps: TenantsDeps): Promise<void> {
  const [key, lookAlike] = [toEmailKey(email), toLookAlikeKey(email)];
  const [people, invited] = await Promise.all([
    members(deps.connection)
      .find({ tenantId, email: { $ne: null } }, { email: 1 })
      .lean(),
    invitations(deps.connection)
      .find({ tenantId, ...openAt(readNow(deps)) }, { email: 1 })
      .lean(),
  ]);
  for (const { email: other } of [...people, ...invited]) {
    if (other === null || toEmailKey(other) === key || toLookAlikeKey(other) !== lookAlike) continue;
    throw new HeddleError(
      'CONFLICT',
      `The address ${JSON.stringify(email)} looks like ${JSON.stringify(other)}, which is another one in this tenant.`,
    );
  }
}
