import { defineCollection } from './collection.ts';

/** A group of provisioned members of a tenant. The members name their groups, in `provisioned.groupIds`. */
export interface MemberGroupRecord {
  readonly _id: string;
  readonly tenantId: string;
  readonly displayName: string;
  /** The same in lower case, unique in the tenant. */
  readonly nameKey: string;
  /** The id that its identity provider has for it; null: none was stated. */
  readonly externalId: string | null;
  /** How often its name or its members were changed. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  /** What of the last change is still to be done for its members; absent: nothing. */
  readonly due?: GroupChange | null;
}

/** A change of a group. Whoever finds it carries it out; done again it changes nothing more. */
export interface GroupChange {
  /** Whether the group itself is deleted at the end. */
  readonly deletes: boolean;
  /** All members that it is to have; null: it has those that it had, but for the others stated here. */
  readonly all: readonly string[] | null;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

const text = { type: String, required: true };
const date = { type: Date, required: true };

export const memberGroups = defineCollection<MemberGroupRecord>(
  'member_groups',
  {
    _id: text,
    tenantId: text,
    displayName: text,
    nameKey: text,
    externalId: { type: String, default: null },
    revision: { type: Number, required: true },
    createdAt: date,
    modifiedAt: date,
    due: Object,
  },
  [
    [{ tenantId: 1, nameKey: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For the completion of what a killed process has left.
    [{ 'due.deletes': 1 }, { sparse: true }],
  ],
);
