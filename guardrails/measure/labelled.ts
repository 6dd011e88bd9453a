import type { Draw } from './random.ts';

/** A text in which a rule has to find one value. */
export interface LabelledText {
  readonly text: string;
  /** As the rule's findings name it. */
  readonly kind: string;
  /** What has to be found, as the text has it. */
  readonly value: string;
}

/** Texts of one rule, made from a seed: as many of each kind as are wanted. */
export interface LabelledSet {
  /** As policies name it. */
  readonly rule: string;
  /** Absent: the default ones. */
  readonly options?: unknown;
  /** Kinds in the order of the table. */
  readonly kinds: readonly string[];
  readonly make: (kind: string, draw: Draw) => LabelledText;
}
