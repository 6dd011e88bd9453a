import { Schema } from 'mongoose';
import { defineCollection } from './collection.ts';

export interface PromptVariableRecord {
  readonly name: string;
  readonly required: boolean;
  readonly description: string | null;
}

/** Sampling parameters of a version; the same names as in CompletionInput. */
export interface PromptParameters {
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxOutputTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly reasoningEffort?: string;
}

/** Immutable once written. Numbers of a prompt run from 1 without gaps. */
export interface PromptVersionRecord {
  readonly _id: string;
  readonly promptId: string;
  /** The owner of its prompt; null: the mesh. */
  readonly tenantId: string | null;
  readonly number: number;
  /** A model id or a route alias. */
  readonly model: string;
  readonly system: string | null;
  readonly template: string;
  readonly variables: readonly PromptVariableRecord[];
  /** JSON Schema of the answer, as JSON text: its keys may begin with `$`, which a store may refuse. */
  readonly outputSchemaJson: string | null;
  readonly parameters: PromptParameters | null;
  readonly note: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  /** The issuer of the user that `createdBy` names; absent: no user, or a version of an older version of Heddle. */
  readonly createdByIssuerId?: string;
  /** True until its prompt shows it: where the process dies before that, the sweep removes it. Absent afterwards. */
  readonly pending?: boolean;
}

const text = { type: String, required: true };

/** Written by the prompts subgraph alone. */
export const promptVersions = defineCollection<PromptVersionRecord>(
  'prompt_versions',
  {
    _id: text,
    promptId: text,
    tenantId: { type: String, default: null },
    number: { type: Number, required: true },
    model: text,
    system: String,
    template: text,
    variables: [{ _id: false, name: text, required: { type: Boolean, required: true }, description: String }],
    outputSchemaJson: String,
    parameters: { type: Schema.Types.Mixed },
    note: String,
    createdAt: { type: Date, required: true },
    createdBy: text,
    createdByIssuerId: String,
    pending: Boolean,
  },
  [
    [{ promptId: 1, number: 1 }, { unique: true }],
    [{ model: 1, promptId: 1, number: 1 }],
    [{ pending: 1 }, { sparse: true }],
  ],
);
