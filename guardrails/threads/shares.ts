import { secretParts } from '#core/secrets/find-secrets.ts';
import {
  type Finding,
  type GuardedText,
  nothingFound,
  type RuleResult,
  type TextShare,
} from '../guardrail.ts';

/**
 * At most so many shares of texts, of about the same length. They meet where parts of a long text do, with at least a part on both
 * sides: what belongs to two texts is in one share.
 */
export function divideTexts(texts: readonly GuardedText[], count: number): readonly TextShare[] {
  const { length: partLength } = secretParts;
  const seams: number[] = [];
  let length = 0;
  for (const { text, kind } of texts) {
    // Of an address all is looked at as one.
    const last = kind === 'url' ? 0 : text.length - partLength;
    for (let at = partLength; at <= last; at += partLength) seams.push(length + at);
    length += text.length;
  }
  const cuts = new Set<number>();
  for (let share = 1; share < count; share += 1) {
    const wanted = (length * share) / count;
    const nearest = pickNearest(seams, wanted);
    if (nearest !== undefined) cuts.add(nearest);
  }
  const ends = [...cuts, length];
  return ends.map((end, number) => ({ start: ends[number - 1] ?? 0, end }));
}

function pickNearest(sorted: readonly number[], wanted: number): number | undefined {
  const next = sorted.findIndex((at) => at >= wanted);
  const [before, after] = next === -1 ? [sorted.at(-1), undefined] : [sorted[next - 1], sorted[next]];
  if (before === undefined || after === undefined) return before ?? after;
  return wanted - before < after - wanted ? before : after;
}

/** The result of the whole from those of its shares, in their order. */
export function joinResults(results: readonly RuleResult[]): RuleResult {
  const [first, ...others] = results.filter(({ fired }) => fired) as Extract<
    RuleResult,
    { readonly fired: true }
  >[];
  if (first === undefined) return nothingFound;
  const findings: Finding[] = [...first.findings];
  for (const { findings: more } of others) {
    const last = findings.at(-1);
    // What begins in one share may end in the next, as from one part of a text to the next.
    for (const found of more)
      if (last === undefined || found.text !== last.text || found.start >= last.end) findings.push(found);
  }
  return { ...first, findings };
}
