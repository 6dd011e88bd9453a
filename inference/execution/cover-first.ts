import type { ProviderPart } from '#providers/provider.ts';
import { untilAborted } from './attempts/attempt.ts';

type TakePart = (part: ProviderPart) => Promise<void> | undefined;

/**
 * Takes the parts of an answer but its usage and its end: each is in the row before it is passed on.
 *
 * @param cover keeps what has come in the row: to be waited for
 */
export function coverFirst(
  cover: () => Promise<void> | undefined,
  pass: TakePart,
  signal: AbortSignal,
): TakePart {
  return (part) => {
    if (part.type === 'usage' || part.type === 'finish') return undefined;
    const covered = cover();
    if (covered === undefined) return pass(part);
    // Any error: what has come is part of the answer, also of one that is stopped meanwhile: its row is closed with it.
    const settled = untilAborted(covered, signal).catch(() => undefined);
    return settled.then(() => pass(part));
  };
}
