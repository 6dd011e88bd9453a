import type { Connection } from 'mongoose';
import { badInput } from '#core/input.ts';
import { toNodeId } from '#core/node-id.ts';
import { findRatedCall, rateCall } from '#inference/rate-call.ts';
import type { SubgraphContext } from '../../runtime/context.ts';
import type { EntityReference } from '../../runtime/entity.ts';

/** From 1 (worst) to 5 (best). */
const [ratingMin, ratingMax] = [1, 5];

/** Rates a call that the caller may read; the same rating again changes nothing. Throws BAD_USER_INPUT, NOT_FOUND and CONFLICT. */
export async function rateInvocation(
  id: string,
  rating: number | null,
  context: SubgraphContext,
  connection: Connection,
): Promise<EntityReference> {
  if (rating !== null && (rating < ratingMin || rating > ratingMax))
    badInput('rating', `must be from ${ratingMin} to ${ratingMax}, or null.`);
  const { tenantId, before } = await findRatedCall(connection, id, context.reach('own-row'));
  if (before === rating) context.unchanged();
  else {
    const target = { tenantId, type: 'Invocation', id: toNodeId('Invocation', id) };
    await context.auditTarget(target);
    await rateCall(connection, id, rating);
    context.audit({ ...target, before: { rating: before }, after: { rating } });
  }
  return { id: toNodeId('Invocation', id) };
}
