import type { TextSpan } from '#core/text/text-span.ts';
import type { GuardedText, TextShare } from '../guardrail.ts';

/** A text of which something belongs to a share, with its number and what that is. */
export interface SharedText {
  readonly number: number;
  readonly guarded: GuardedText;
  /** Undefined: all of it. */
  readonly range: TextSpan | undefined;
}

/** The texts that a share has something of; all, where there are no shares. */
export function textsOfShare(
  texts: readonly GuardedText[],
  share: TextShare | undefined,
): readonly SharedText[] {
  if (share === undefined) return texts.map((guarded, number) => ({ number, guarded, range: undefined }));
  let from = 0;
  return texts.flatMap((guarded, number) => {
    const { length } = guarded.text;
    const start = Math.max(0, share.start - from);
    const end = Math.min(length, share.end - from);
    from += length;
    return start < end ? [{ number, guarded, range: { start, end } }] : [];
  });
}
