import { WorkTurns } from '#core/work-turns.ts';
import { type Finding, type GuardedText, nothingFound, type RuleResult } from '../guardrail.ts';
import { type GuardedPiece, readPieces } from './pieces.ts';

/** What a search has found in one text: offsets in that text. */
export interface TextMatch {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
  readonly replacement?: string;
}

/**
 * Finds matches in a text; the same ones in a part of it that holds them with 256 characters before and 1,024 after. Null: a place where other work may get its
 * turn, for searches that need milliseconds for 10,000 characters.
 */
export type Search = (text: string) => Iterable<TextMatch | null>;

/** Long texts are looked at in windows, so that other work gets its turn between. */
const windowChars = 8_192;
const charsBefore = 256;
const charsAfter = 1_024;

/** Findings that are kept of one look. Where there are more, the texts are refused as a whole. */
export const findingsMax = 10_000;

/** Of a rule that has looked at everything, or has found more than is kept: fires with the places, with none where there are more than `findingsMax`. */
export function fireWith(findings: readonly Finding[], reason: string): RuleResult {
  return { fired: true, reason, findings: findings.length > findingsMax ? [] : findings };
}

/** Fires with the places of all matches; with none where there are more than `findingsMax`. */
export async function scanTexts(
  texts: readonly GuardedText[],
  search: Search,
  reason: string,
  turns = new WorkTurns(),
): Promise<RuleResult> {
  const findings: Finding[] = [];
  for (const [number, guarded] of texts.entries()) {
    for (const piece of readPieces(guarded)) {
      for (let from = 0; from === 0 || from < piece.text.length; from += windowChars) {
        for (const match of searchWindow(piece, from, search)) {
          if (match === null) {
            await turns.pass();
            continue;
          }
          const { start, end, ...found } = match;
          findings.push({ ...found, text: number, ...piece.place(start, end) });
          if (findings.length > findingsMax) return fireWith(findings, reason);
        }
        await turns.pass();
      }
    }
  }
  return findings.length === 0 ? nothingFound : fireWith(findings, reason);
}

/** The matches of a piece that begin in the window at `from`. */
function* searchWindow({ text }: GuardedPiece, from: number, search: Search): Generator<TextMatch | null> {
  if (text.length <= windowChars) {
    yield* search(text);
    return;
  }
  const shift = Math.max(0, from - charsBefore);
  const part = text.slice(shift, from + windowChars + charsAfter);
  for (const match of search(part)) {
    if (match === null) {
      yield null;
      continue;
    }
    const start = match.start + shift;
    if (start >= from && start < from + windowChars) yield { ...match, start, end: match.end + shift };
  }
}
