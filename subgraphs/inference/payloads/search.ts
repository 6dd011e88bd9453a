import { HeddleError } from '#core/errors.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { inTurn } from '#inference/payloads/read-payloads.ts';
import { checkSearch, type PayloadMatches, searchPayloads } from '#inference/payloads/search-payloads.ts';
import type { SubgraphContext } from '../../runtime/context.ts';
import type { AuditServices } from '../../runtime/policy/audited.ts';
import { withRecordedRead } from '../../runtime/policy/recorded-read.ts';
import type { QuerySearchPayloadsArgs } from '../generated.ts';

/**
 * A page of a search in the payloads of the own tenant. Its audit record has the range and the calls that were found, not the text: what an
 * end user wrote could not be erased from it.
 */
export async function search(
  { text, from, to, first, after = null }: QuerySearchPayloadsArgs,
  context: SubgraphContext,
  engine: InferenceEngine,
  services: AuditServices,
): Promise<PayloadMatches> {
  const { caller, signal } = context;
  const tenantId = ownTenantId(caller);
  if (caller.endUserId !== null) throw new HeddleError('FORBIDDEN', 'A page token reads no payloads.');
  const range = { text, from, to, first };
  checkSearch(range);
  return withRecordedRead(
    {
      ...{ action: 'payload.search', target: null },
      details: { from, to, characters: text.length, isContinued: after !== null },
    },
    context,
    services,
    () => inTurn(tenantId, () => searchPayloads({ ...range, tenantId, after }, engine, signal)),
    ({ ids, searched }) => ({ found: ids, searched }),
  );
}
