import { setImmediate as nextTurn } from 'node:timers/promises';

/** A place in a text: UTF-16 offsets, `end` exclusive. */
export interface TextPlace {
  readonly start: number;
  readonly end: number;
}

const pauseAfterMs = 10;

/**
 * What `find` finds in a text of any length, in order and without overlaps: it is shown parts of `partLength`, each with `around`
 * characters of what stands on both sides, and other work of the process gets its turn meanwhile.
 */
export async function findInParts<Found extends TextPlace>(
  text: string,
  partLength: number,
  around: number,
  find: (part: string) => readonly Found[],
): Promise<readonly Found[]> {
  if (text.length <= partLength + around) return find(text);
  const all: Found[] = [];
  let startedMs = performance.now();
  for (let at = 0; at < text.length; at += partLength) {
    const from = Math.max(0, at - around);
    for (const found of find(text.slice(from, at + partLength + around))) {
      const [start, end] = [found.start + from, found.end + from];
      const isOfPart = start >= at && start < at + partLength;
      if (isOfPart && start >= (all.at(-1)?.end ?? 0)) all.push({ ...found, start, end });
    }
    if (performance.now() - startedMs < pauseAfterMs) continue;
    await nextTurn();
    startedMs = performance.now();
  }
  return all;
}
