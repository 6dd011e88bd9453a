import type { Finding, GuardedText } from '../guardrail.ts';
import type { Masks, TextPiece } from './masks.ts';

/**
 * The findings without what of them is a placeholder: its value is masked already, and a placeholder within another value would not be restored.
 * @param texts as they were looked at, by their number
 */
export function cutPlaceholders(
  findings: readonly Finding[],
  texts: readonly Pick<GuardedText, 'text'>[],
  masks: Pick<Masks, 'size' | 'splitRestored'>,
): readonly Finding[] {
  if (masks.size === 0) return findings;
  const pieces = new Map<number, readonly TextPiece[]>();
  return findings.flatMap((finding) => {
    const { text: number } = finding;
    const ofText =
      pieces.get(number) ?? masks.splitRestored(texts[number]?.text ?? '').filter(({ put }) => put === null);
    pieces.set(number, ofText);
    return ofText.flatMap((piece) => {
      const start = Math.max(finding.start, piece.start);
      const end = Math.min(finding.end, piece.end);
      return start < end ? [{ ...finding, start, end }] : [];
    });
  });
}
