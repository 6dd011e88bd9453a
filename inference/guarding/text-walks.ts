import type { GuardedText } from '#guardrails/guardrail.ts';
import type { VisitText } from './call-texts.ts';

/** All texts of what a walk visits. */
export function gatherTexts(walk: (visit: VisitText) => void): readonly GuardedText[] {
  const texts: GuardedText[] = [];
  walk((guarded) => {
    texts.push(guarded);
    return guarded.text;
  });
  return texts;
}

/** States the edited texts in the order of the walk. */
export function replaceTexts(edits: ReadonlyMap<number, string>): VisitText {
  let number = -1;
  return ({ text }) => {
    number += 1;
    return edits.get(number) ?? text;
  };
}
