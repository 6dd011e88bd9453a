import { WorkTurns } from '../work-turns.ts';
import type { TextSpan } from './text-span.ts';

/**
 * What `find` finds in a text of any length, in order and without overlaps: it is shown parts of `partLength`, each with as many
 * characters of what stands before and after it and where it begins, and other work of the process gets its turn meanwhile. What begins
 * at `until` of a part or behind it belongs to the next one, and need not be found.
 * @param range what to find begins there; absent: anywhere. It begins and ends with the text, or where parts do
 */
export async function findInParts<Found extends TextSpan>(
  text: string,
  partLength: number,
  [before, after]: readonly [before: number, after: number],
  find: (part: string, from: number, until: number) => readonly Found[],
  range?: TextSpan,
): Promise<readonly Found[]> {
  if (text.length <= partLength + after) return find(text, 0, text.length);
  const all: Found[] = [];
  const turns = new WorkTurns();
  const last = range?.end ?? text.length;
  for (let at = range?.start ?? 0; at < last; at += partLength) {
    const from = Math.max(0, at - before);
    for (const found of find(text.slice(from, at + partLength + after), from, at + partLength - from)) {
      const [start, end] = [found.start + from, found.end + from];
      const isOfPart = start >= at && start < at + partLength;
      if (isOfPart && start >= (all.at(-1)?.end ?? 0)) all.push({ ...found, start, end });
    }
    await turns.pass();
  }
  return all;
}

/** The places in their order, of those that overlap the first one; of those that begin together the longest. */
export function withoutOverlaps<Found extends TextSpan>(found: readonly Found[]): readonly Found[] {
  if (!found.some(({ start }, number) => number > 0 && start < (found[number - 1] as Found).end))
    return found;
  const result: Found[] = [];
  let at = 0;
  for (const one of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start < at) continue;
    result.push(one);
    at = one.end;
  }
  return result;
}
