import { Schema } from 'mongoose';
import { defineCollection } from './collection.ts';

/** A named prompt of a tenant; its texts are in its versions. */
export interface PromptRecord {
  readonly _id: string;
  readonly tenantId: string;
  /** [a-z][A-Za-z0-9]*, unique in the tenant. */
  readonly name: string;
  readonly description: string | null;
  /** Label name → version number. */
  readonly labels: Readonly<Record<string, number>>;
  readonly createdAt: Date;
}

const text = { type: String, required: true };

/** Written by the prompts subgraph alone. */
export const prompts = defineCollection<PromptRecord>(
  'prompts',
  {
    _id: text,
    tenantId: text,
    name: text,
    description: String,
    labels: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
  },
  [
    [{ tenantId: 1, name: 1 }, { unique: true }],
    [{ tenantId: 1, createdAt: -1, _id: -1 }],
    [{ createdAt: -1, _id: -1 }],
  ],
);
