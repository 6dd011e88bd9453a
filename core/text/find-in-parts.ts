import { WorkTurns } from '../work-turns.ts';

/** A place in a text: UTF-16 offsets, `end` exclusive. */
export interface TextPlace {
  readonly start: number;
  readonly end: number;
}

/**
 * What `find` finds in a text of any length, in order and without overlaps: it is shown parts of `partLength`, each with as many
 * characters of what stands before and after it and where it begins, and other work of the process gets its turn meanwhile. What begins
 * at `until` of a part or behind it belongs to the next one, and need not be found.
 */
export async function findInParts<Found extends TextPlace>(
  text: string,
  partLength: number,
  [before, after]: readonly [before: number, after: number],
  find: (part: string, from: number, until: number) => readonly Found[],
): Promise<readonly Found[]> {
  if (text.length <= partLength + after) return find(text, 0, text.length);
  const all: Found[] = [];
  const turns = new WorkTurns();
  for (let at = 0; at < text.length; at += partLength) {
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
export function withoutOverlaps<Found extends TextPlace>(found: readonly Found[]): readonly Found[] {
  if (found.length < 2) return found;
  const result: Found[] = [];
  let at = 0;
  for (const one of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start < at) continue;
    result.push(one);
    at = one.end;
  }
  return result;
}
