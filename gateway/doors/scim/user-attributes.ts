import { type BodyFields, isFields } from '../body-fields.ts';
import { type PatchChange, readPatch } from './patch.ts';
import { readBoolean, readField, readList, requireFields, toAttributeText } from './read-fields.ts';
import { ScimRefusal } from './scim-refusal.ts';

/** What a request states of a user. Undefined: nothing; null: that it has none. */
export interface UserChange {
  userName?: string | null;
  externalId?: string | null;
  displayName?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  email?: string | null;
  active?: boolean;
}

const emailsMax = 20;

/** Attributes of users that RFC 7643 has and the mesh does not keep: providers send them, and they change nothing. */
const unkept =
  /^(?:schemas|id|meta|groups|password|nickname|profileurl|title|usertype|preferredlanguage|locale|timezone|name\.(?:formatted|middlename|honorificprefix|honorificsuffix)|emails\.(?:type|display|primary)|(?:phonenumbers|ims|photos|addresses|entitlements|roles|x509certificates)(?:\..*)?|urn:.*)$/;

/** What the body of a POST or PUT states: everything of the user that it leaves out is empty, but whether it is active. */
export function readUser(body: unknown): UserChange {
  const change: UserChange = { displayName: null, givenName: null, familyName: null, email: null };
  for (const [name, value] of Object.entries(requireFields(body, 'The body'))) {
    applyChange(change, { op: 'replace', attribute: name.toLowerCase(), selected: null, value });
  }
  return change;
}

/** What the body of a PATCH changes. Throws ScimRefusal `invalidPath` for an attribute that users do not have. */
export function readUserPatch(body: unknown): UserChange {
  const change: UserChange = {};
  for (const one of readPatch(body)) {
    if (!applyChange(change, one) && !unkept.test(one.attribute))
      throw new ScimRefusal(
        'invalidPath',
        `A user has no attribute ${JSON.stringify(one.attribute.slice(0, 100))}.`,
      );
  }
  return change;
}

/** Names of texts of a user, by those of their attributes. */
const texts = {
  username: 'userName',
  externalid: 'externalId',
  displayname: 'displayName',
  'name.givenname': 'givenName',
  'name.familyname': 'familyName',
} as const;

/** Adds to the change what an operation states; false where it states nothing that is kept. */
function applyChange(change: UserChange, { op, attribute, selected, value }: PatchChange): boolean {
  const given = op === 'remove' ? null : value;
  if (Object.hasOwn(texts, attribute)) {
    change[texts[attribute as keyof typeof texts]] = toAttributeText(given, attribute);
  } else if (attribute === 'active') {
    change.active = readBoolean(given, 'active');
  } else if (attribute === 'name') {
    applyName(change, given);
  } else if (attribute === 'emails' || attribute === 'emails.value') {
    applyEmail(change, { op, attribute, selected, value: given });
  } else {
    return false;
  }
  return true;
}

function applyName(change: UserChange, value: unknown): void {
  if (value === null || value === undefined) {
    Object.assign(change, { givenName: null, familyName: null });
    return;
  }
  const name = requireFields(value, 'name');
  for (const field of ['givenName', 'familyName'] as const) {
    const part = readField(name, field);
    if (part !== undefined) change[field] = toAttributeText(part, `name.${field}`);
  }
}

/** The mesh keeps one address: the primary one, else that of work. Others change nothing. */
function applyEmail(change: UserChange, { op, attribute, selected, value }: PatchChange): void {
  const isOther =
    /\btype\s+eq\s+"(?!work")/i.test(selected ?? '') || /\bprimary\s+eq\s+"?false/i.test(selected ?? '');
  if (isOther) return;
  if (attribute === 'emails.value') {
    change.email = toAttributeText(value, attribute);
    return;
  }
  const emails = readList(value, 'emails', emailsMax).map((one) => (isFields(one) ? one : { value: one }));
  if (emails.length === 0) {
    change.email = null;
    return;
  }
  const [email] = emails.toSorted((a, b) => rankEmail(b) - rankEmail(a));
  // Adding an address of home does not replace that of work.
  if (email === undefined || (op === 'add' && rankEmail(email) === 0)) return;
  change.email = toAttributeText(readField(email, 'value'), 'emails.value');
}

function rankEmail(email: BodyFields): number {
  const primary = readField(email, 'primary');
  if (primary !== undefined && primary !== null && readBoolean(primary, 'emails.primary')) return 3;
  const type = readField(email, 'type');
  if (type === undefined || type === null) return 1;
  return String(type).toLowerCase() === 'work' ? 2 : 0;
}
