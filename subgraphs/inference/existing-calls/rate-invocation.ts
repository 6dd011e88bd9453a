import { HeddleError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import { toNodeId } from '#core/node-id.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { findHoldOfCall } from '#inference/holding/find-hold-of-call.ts';
import { findRatedCall, rateCall } from '#inference/rate-call.ts';
import { refuseHeld } from '#mongo/legal-holds.ts';
import type { SubgraphContext } from '../../runtime/context.ts';
import type { EntityReference } from '../../runtime/entity.ts';

/** From 1 (worst) to 5 (best). */
const [ratingMin, ratingMax] = [1, 5];
const commentMax = 2_000;

/** What a client states of an answer. */
interface GivenRating {
  /** Null takes the rating away. */
  readonly rating: number | null;
  /** Null: none. */
  readonly comment: string | null;
}

/** The arguments as the audit log has them: a comment is private content. */
export function hideComment(args: unknown): unknown {
  const { comment, ...rest } = args as Partial<GivenRating>;
  return comment == null ? rest : { ...rest, comment: '[redacted]' };
}

/**
 * Rates a call that the caller may read, and keeps the comment with its payload; the same rating again changes nothing. Throws BAD_USER_INPUT,
 * NOT_FOUND and CONFLICT.
 */
export async function rateInvocation(
  id: string,
  given: GivenRating,
  context: SubgraphContext,
  engine: Pick<InferenceEngine, 'connection' | 'payloadLog'>,
): Promise<EntityReference> {
  const { rating, comment } = given;
  const { connection, payloadLog } = engine;
  checkGiven(given);
  const { tenantId, before } = await findRatedCall(connection, id, context.reach('own-row'));
  const isCommented = await payloadLog.hasComment(id);
  if (before === rating && comment === null && !isCommented) context.unchanged();
  else {
    const target = { tenantId, type: 'Invocation', id: toNodeId('Invocation', id) };
    await context.auditTarget(target);
    const hold = isCommented ? await findHoldOfCall(connection, id) : null;
    if (hold !== null) throw refuseHeld(hold);
    if (comment !== null && rating !== null) {
      const isKept = await payloadLog.keepComment(id, tenantId, { rating, text: comment });
      if (!isKept) throw notKept();
    } else if (isCommented) await payloadLog.removeComment(id);
    await rateCall(connection, id, rating);
    context.audit({
      ...target,
      before: { rating: before, isCommented },
      after: { rating, isCommented: comment !== null },
    });
  }
  return { id: toNodeId('Invocation', id) };
}

function checkGiven({ rating, comment }: GivenRating): void {
  if (rating !== null && (rating < ratingMin || rating > ratingMax))
    badInput('rating', `must be from ${ratingMin} to ${ratingMax}, or null.`);
  if (comment === null) return;
  if (rating === null) badInput('comment', 'cannot stand without a rating.');
  if (comment.trim() === '' || comment.length > commentMax)
    badInput('comment', `must have 1 to ${commentMax} characters.`);
}

function notKept(): HeddleError {
  return new HeddleError(
    'CONFLICT',
    'The payload of this call is not kept, and a comment is kept with it alone: rate the call without a comment.',
  );
}
