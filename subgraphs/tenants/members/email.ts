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
  return checkedScripts(isEmail(text) ? text : badInput(field, 'is no email address.'), field);
}

/** Whether the text is one address. */
export function isEmail(text: string): boolean {
  return form.test(text);
}

/** The same text for one address, however it is written. */
export function toEmailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

/**
 * CONFLICT where another member or an open invitation of the tenant has another address that looks the same as one of these. For the holder of
 * the tenant's lock.
 */
export async function requireUnlikeEmails(
  emails: readonly string[],
  { tenantId, memberId }: { readonly tenantId: string; readonly memberId: string | null },
  deps: TenantsDeps,
): Promise<void> {
  if (emails.length === 0) return;
  const keys = new Map(emails.map((email) => [toLookAlikeKey(email), email]));
  const [people, invited] = await Promise.all([
    members(deps.connection)
      .find({ tenantId, email: { $ne: null }, _id: { $ne: memberId ?? '' } }, { email: 1 })
      .lean(),
    invitations(deps.connection)
      .find({ tenantId, ...openAt(readNow(deps)) }, { email: 1 })
      .lean(),
  ]);
  for (const { email: other } of [...people, ...invited]) {
    const email = other === null ? undefined : keys.get(toLookAlikeKey(other));
    if (email === undefined || other === null || toEmailKey(other) === toEmailKey(email)) continue;
    throw new HeddleError(
      'CONFLICT',
      `The address ${JSON.stringify(email)} looks like ${JSON.stringify(other)}, which is another one in this tenant.`,
    );
  }
}
