import { seesCall } from '#core/ledger-reach.ts';
import type { CallReach } from '#core/policies.ts';
import type { SubgraphContext } from '../context.ts';
import { type AuditServices, type ReadRequest, withAuditedRead } from './audited.ts';

/**
 * Reads the content of calls, within the policy `own-call`. A read of what others have called is noted before anything of it is
 * returned; what cannot be noted is not read.
 */
export async function readCalls<T>(
  context: ReadRequest & Pick<SubgraphContext, 'reach'>,
  services: AuditServices,
  read: (reach: CallReach) => Promise<T>,
): Promise<T> {
  const { caller } = context;
  const reach = context.reach('own-call');
  let isOfOthers = false;
  const found = await read({
    rows: () => reach.rows(),
    sees(call) {
      const isSeen = reach.sees(call);
      if (isSeen && !seesCall(caller, call, [])) isOfOthers = true;
      return isSeen;
    },
  });
  return isOfOthers ? withAuditedRead('completion.read', context, services, () => found) : found;
}
