import type { GuardedText } from '../guardrail.ts';
import { guardedText } from './guarded-text.ts';
import type { Draw } from './random.ts';

/** What a rule looks at: the texts of one stage, and those of the call that it may compare them with. */
export interface LabelledLook {
  readonly texts: readonly GuardedText[];
  readonly callTexts?: readonly GuardedText[];
}

/** Looks of one rule that decides over texts as a whole, made from a seed. */
export interface ContentSet {
  /** As policies name it. */
  readonly rule: string;
  /** Kinds in the order of the table. */
  readonly kinds: readonly string[];
  /** The rule's options for a kind; absent: the default ones. */
  readonly options?: (kind: string) => unknown;
  /** True: the rule also looks at the harmless texts, in which it has to find nothing. */
  readonly looksAtHarmless?: true;
  /** What the rule has to find. */
  readonly makeFound: (kind: string, draw: Draw) => LabelledLook;
  /** What resembles it, and has to pass. */
  readonly makePassed: (kind: string, draw: Draw) => LabelledLook;
}

/** A message of a user. */
export function userLook(text: string): LabelledLook {
  return { texts: [guardedText(text)] };
}

/** A document that was retrieved. */
export function documentLook(text: string): LabelledLook {
  return { texts: [guardedText(text, { kind: 'file', stages: ['INPUT', 'RETRIEVED'] })] };
}

/** An answer, with the system message and the document of its call. */
export function answerLook(text: string, call: { system?: string; document?: string } = {}): LabelledLook {
  const { system, document } = call;
  return {
    texts: [guardedText(text, { role: 'assistant', stages: ['OUTPUT'] })],
    callTexts: [
      ...(system === undefined ? [] : [guardedText(system, { role: 'system' })]),
      ...(document === undefined ? [] : documentLook(document).texts),
    ],
  };
}
