import type { TextSpan } from '#core/text/text-span.ts';
import type { GuardedText, TextShare } from '../guardrail.ts';

/** A text of which something belongs to a share, with its number and what that is. */
export interface SharedText {
  readonly number: number;
  readonly guarded: GuardedText;
  readonly range: TextSpan;
}

/** The texts that a share has something of; all, where there are no shares. */
export function textsOfShare(
  texts: readonly GuardedText[],
  share: TextShare | undefined,
): readonly SharedText[] {
  let from = 0;
  return texts.flatMap((guarded, number) => {
    const { length } = guarded.text;
    const start = Math.max(0, (share?.start ?? 0) - from);
    const end = Math.min(length, (share?.end ?? Number.POSITIVE_INFINITY) - from);
    from += length;
    return start < end ? [{ number, guarded, range: { start, end } }] : [];
  });
}
