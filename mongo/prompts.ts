import { Schema } from 'mongoose';
import type { Offer } from '#core/offers.ts';
import { defineCollection } from './collection.ts';

/** A named prompt of the mesh or a tenant; its texts are in its versions. */
export interface PromptRecord {
  readonly _id: string;
  /** The tenant that owns it; null: the mesh. */
  readonly tenantId: string | null;
  /** Of the mesh's: null or absent where every tenant may run it. */
  readonly offeredTo?: Offer | null;
  /** [a-z][A-Za-z0-9]*, unique for its owner; of an archived prompt followed by a space and its id. Shown by promptName. */
  readonly name: string;
  readonly description: string | null;
  /** Label name → version number. */
  readonly labels: Readonly<Record<string, number>>;
  /** The number of the newest version; 0: none was published yet. */
  readonly newest: number;
  /** Bytes of the texts of its versions; absent: of versions before they were counted. */
  readonly bytes?: number;
  /** Apps run it with an approved request for access. Absent on older records: it is open. */
  readonly requiresApproval?: boolean;
  readonly createdAt: Date;
  /** Null or absent: it is not archived. */
  readonly archivedAt?: Date | null;
}

const text = { type: String, required: true };

/** Written by the prompts subgraph alone. */
export const prompts = defineCollection<PromptRecord>(
  'prompts',
  {
    _id: text,
    tenantId: { type: String, default: null },
    offeredTo: { type: { _id: false, plans: [String], tenants: [String] }, required: false },
    name: text,
    description: String,
    labels: { type: Schema.Types.Mixed, required: true },
    newest: { type: Number, required: true },
    bytes: Number,
    requiresApproval: Boolean,
    createdAt: { type: Date, required: true },
    archivedAt: Date,
  },
  [
    [{ tenantId: 1, name: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: -1, _id: -1 }],
    [{ createdAt: -1, _id: -1 }],
    [{ name: 1, _id: 1 }],
  ],
);

/** The name of a prompt, archived or not. */
export function promptName({ name }: Pick<PromptRecord, 'name'>): string {
  return name.split(' ', 1)[0] ?? name;
}

/** The name under which an archived prompt is stored, so that its own is free and no call finds it. */
export function archivedName(prompt: Pick<PromptRecord, '_id' | 'name'>): string {
  return `${promptName(prompt)} ${prompt._id}`;
}

/** The label that always means the newest version and cannot be set. */
export const latestLabel = 'latest';
/** The label that is meant when neither number nor label is named. */
const defaultLabel = 'production';

/**
 * The number of the version that is meant: `number` itself, the one that `label` points at, or with neither the one
 * labelled `production` and without that label the newest. Undefined: there is none.
 */
export function promptNumber(
  { labels, newest }: Pick<PromptRecord, 'labels' | 'newest'>,
  number: number | null | undefined,
  label: string | null | undefined,
): number | undefined {
  if (number != null) return number;
  const newestOrNone = newest === 0 ? undefined : newest;
  if (label === latestLabel) return newestOrNone;
  const labelled = Object.hasOwn(labels, label ?? defaultLabel) ? labels[label ?? defaultLabel] : undefined;
  return label == null ? (labelled ?? newestOrNone) : labelled;
}
