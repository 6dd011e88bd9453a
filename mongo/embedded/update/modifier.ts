import type { Value } from '../bson/values.ts';

/** What a modifier receives about the document that it changes, and can report back. */
export type ModifierContext = {
  id: Value | undefined;
  path: string;
  now: bigint;
  /** Set by a modifier that counts as a change even when its result is what there was. */
  rewritten: boolean;
};

/**
 * The new value at a path from the old one; undefined as result removes the field, the very same value leaves it.
 * `creates` states whether a missing path is made.
 */
export type Modifier = {
  creates: boolean;
  insertOnly?: boolean;
  apply(old: Value | undefined, context: ModifierContext): Value | undefined;
};
