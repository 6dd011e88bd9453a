import { HeddleError } from '#schema/errors.ts';
import type { SubgraphContext } from '../shared/context.ts';
import { badInput } from '../shared/input.ts';
import { checkedEndUserId, isLabel } from '../shared/label.ts';

/** The request that a call came with: our id, the client's own, and who sent it. */
export type CallOrigin = Pick<SubgraphContext, 'requestId' | 'clientRequestId' | 'caller'>;

/**
 * What a call is found by in the ledger. Kept on the row only: not sent to a provider, and no part of what the cache or
 * an idempotency key compares, since the answer does not depend on it.
 */
export interface CallLabels extends Omit<CallOrigin, 'caller'> {
  readonly endUserId: string | null;
  readonly tags: readonly string[];
  /** NONE: no content of the call is kept. */
  readonly retention?: 'NONE';
}

/** How long the content of a call is kept: as the mesh does, or not beyond the call. */
export type Retention = 'DEFAULT' | 'NONE';

/** The labels among what a client sends. */
export interface CallLabelsInput {
  readonly endUserId?: string | null;
  readonly tags?: readonly string[] | null;
  readonly retention?: Retention | null;
}

const tagsMax = 16;
const tagCharactersMax = 64;

/** The labels of a call. Throws BAD_USER_INPUT naming what is wrong, FORBIDDEN for another end user than the page token's. */
export function parseLabels(
  input: CallLabelsInput,
  { requestId, clientRequestId, caller }: CallOrigin,
): CallLabels {
  const named = input.endUserId == null ? null : checkedEndUserId(input.endUserId, 'endUserId');
  if (caller.endUserId !== null && named !== null && named !== caller.endUserId) {
    throw new HeddleError('FORBIDDEN', 'This page token is for another end user: leave endUserId out.');
  }
  const endUserId = caller.endUserId ?? named;
  const tags = input.tags ?? [];
  if (tags.length > tagsMax) badInput('tags', `may hold at most ${tagsMax} tags.`);
  const wrong = tags.findIndex((tag) => !isLabel(tag, tagCharactersMax));
  if (wrong >= 0) {
    const expected = `1 to ${tagCharactersMax} printable characters without space at the ends`;
    badInput(`tags[${wrong}]`, `must be ${expected}.`);
  }
  if (new Set(tags).size < tags.length) badInput('tags', 'holds the same tag twice.');
  const retention = input.retention === 'NONE' ? { retention: input.retention } : {};
  return { requestId, clientRequestId, endUserId, tags, ...retention };
}
