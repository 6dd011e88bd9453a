import { badInput } from '../shared/input.ts';

/** The request that a call came with, by our id and the client's own. */
export interface CallOrigin {
  readonly requestId: string;
  readonly clientRequestId: string | null;
}

/**
 * What a call is found by in the ledger. Kept on the row only: not sent to a provider, and no part of what the cache or
 * an idempotency key compares, since the answer does not depend on it.
 */
export interface CallLabels extends CallOrigin {
  readonly endUserId: string | null;
  readonly tags: readonly string[];
}

/** The labels among what a client sends. */
export interface CallLabelsInput {
  readonly endUserId?: string | null;
  readonly tags?: readonly string[] | null;
}

const endUserIdMax = 256;
const tagsMax = 16;
const tagCharactersMax = 64;

/** True for text of 1 to `max` characters that shows in a list: nothing invisible, no line break, no space at its ends. */
function isLabel(text: string, max: number): boolean {
  // A character takes at most two units: a text of megabytes is not looked at.
  if (text === '' || text.length > 2 * max || Array.from(text).length > max) return false;
  return text.trim() === text && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

/** The labels of a call. Throws BAD_USER_INPUT naming what is wrong. */
export function parseLabels(input: CallLabelsInput, { requestId, clientRequestId }: CallOrigin): CallLabels {
  const endUserId = input.endUserId ?? null;
  if (endUserId !== null && !isLabel(endUserId, endUserIdMax)) {
    badInput('endUserId', `must be 1 to ${endUserIdMax} printable characters without space at the ends.`);
  }
  const tags = input.tags ?? [];
  if (tags.length > tagsMax) badInput('tags', `may hold at most ${tagsMax} tags.`);
  const wrong = tags.findIndex((tag) => !isLabel(tag, tagCharactersMax));
  if (wrong >= 0) {
    const expected = `1 to ${tagCharactersMax} printable characters without space at the ends`;
    badInput(`tags[${wrong}]`, `must be ${expected}.`);
  }
  if (new Set(tags).size < tags.length) badInput('tags', 'holds the same tag twice.');
  return { requestId, clientRequestId, endUserId, tags };
}
