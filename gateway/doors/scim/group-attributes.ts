import { isFields } from '../body-fields.ts';
import { type PatchChange, readPatch } from './patch.ts';
import { readField, readList, requireFields, toAttributeText } from './read-fields.ts';
import { ScimRefusal } from './scim-refusal.ts';

/** What a request states of a group. Undefined: nothing. */
export interface StatedGroup {
  displayName?: string | null;
  externalId?: string | null;
  /** All members; then there is no other list. */
  memberIds?: string[];
  addMemberIds?: string[];
  removeMemberIds?: string[];
}

const membersMax = 10_000;

/** The changes of the members of a group, one after another. */
class MembersChange {
  /** Null: not all of them are stated. */
  #all: Set<string> | null = null;
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();

  replace(ids: readonly string[]): void {
    this.#all = new Set(ids);
  }

  add(ids: readonly string[]): void {
    for (const id of ids) {
      this.#all?.add(id);
      this.#added.add(id);
      this.#removed.delete(id);
    }
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.#all?.delete(id);
      this.#removed.add(id);
      this.#added.delete(id);
    }
  }

  toInput(): Pick<StatedGroup, 'memberIds' | 'addMemberIds' | 'removeMemberIds'> {
    if (this.#all !== null) return { memberIds: [...this.#all] };
    return {
      ...(this.#added.size === 0 ? {} : { addMemberIds: [...this.#added] }),
      ...(this.#removed.size === 0 ? {} : { removeMemberIds: [...this.#removed] }),
    };
  }
}

/** What the body of a POST or PUT states: a group has the members that it names, and no others. */
export function readGroup(body: unknown): StatedGroup {
  const fields = requireFields(body, 'The body');
  const displayName = toAttributeText(readField(fields, 'displayName'), 'displayName');
  if (displayName === null) throw new ScimRefusal('invalidValue', 'displayName is required.');
  const externalId = readField(fields, 'externalId');
  return {
    displayName,
    ...(externalId === undefined ? {} : { externalId: toAttributeText(externalId, 'externalId') }),
    memberIds: readMemberIds(readField(fields, 'members')),
  };
}

/** What the body of a PATCH changes. Throws ScimRefusal `invalidPath` for an attribute that groups do not have. */
export function readGroupPatch(body: unknown): StatedGroup {
  const change: StatedGroup = {};
  const members = new MembersChange();
  for (const one of readPatch(body)) applyChange(change, members, one);
  return { ...change, ...members.toInput() };
}

/** Attributes that providers send with a new name, and that change nothing. */
const unkept = /^(?:id|schemas|meta|urn:.*)$/;

function applyChange(change: StatedGroup, members: MembersChange, one: PatchChange): void {
  const { op, attribute, value } = one;
  if (attribute === 'displayname')
    change.displayName = op === 'remove' ? null : toAttributeText(value, 'displayName');
  else if (attribute === 'externalid')
    change.externalId = op === 'remove' ? null : toAttributeText(value, 'externalId');
  else if (attribute === 'members') changeMembers(members, one);
  else if (!unkept.test(attribute))
    throw new ScimRefusal(
      'invalidPath',
      `A group has no attribute ${JSON.stringify(attribute.slice(0, 100))}.`,
    );
}

function changeMembers(members: MembersChange, { op, selected, value }: PatchChange): void {
  if (selected !== null) {
    if (op !== 'remove') throw new ScimRefusal('invalidPath', 'A member in brackets can only be removed.');
    members.remove([readSelectedId(selected)]);
  } else if (op === 'add') members.add(readMemberIds(value));
  else if (op === 'replace') members.replace(readMemberIds(value));
  else if (value === undefined || value === null) members.replace([]);
  else members.remove(readMemberIds(value));
}

function readSelectedId(selected: string): string {
  const [, id] = /^\s*value\s+eq\s+"([^"\\]{1,200})"\s*$/i.exec(selected) ?? [];
  if (id !== undefined) return id;
  throw new ScimRefusal('invalidFilter', 'Members are selected as in members[value eq "…"].');
}

/** The ids of values such as `{ "value": "…" }`. */
function readMemberIds(value: unknown): string[] {
  return readList(value, 'members', membersMax).map((one) => {
    const id = isFields(one) ? readField(one, 'value') : one;
    if (typeof id === 'string' && id !== '') return id;
    throw new ScimRefusal('invalidValue', 'Each of the members must have the id of a user as its value.');
  });
}
