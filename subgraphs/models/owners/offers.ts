import { badInput, checkedList } from '#core/input.ts';
import type { Offer } from '#core/offers.ts';
import { findNodeRecords } from '#mongo/node-records.ts';
import type { ModelsDeps } from '../deps.ts';
import type { ProviderOfferInput } from '../generated.ts';

const namedMax = 200;

/** Who a provider of the mesh is offered to; null: every tenant. BAD_USER_INPUT for a tenant's provider, and for a plan or tenant that does not exist. */
export async function checkedOffer(
  input: ProviderOfferInput | null | undefined,
  owner: string | null,
  { connection }: Pick<ModelsDeps, 'connection'>,
): Promise<Offer | null> {
  if (input == null) return null;
  const field = 'input.offeredTo';
  if (owner !== null) badInput(field, 'is for providers of the mesh: a tenant alone calls its own.');
  const plans = checkedList(input.plans ?? [], `${field}.plans`, namedMax);
  const tenants = checkedList(input.tenants ?? [], `${field}.tenants`, namedMax);
  for (const [type, name, ids] of [
    ['Plan', 'plans', plans],
    ['Tenant', 'tenants', tenants],
  ] as const) {
    const found = new Set((await findNodeRecords(connection, type, ids)).map(({ id }) => id));
    const missing = ids.find((id) => !found.has(id));
    if (missing !== undefined) {
      badInput(
        `${field}.${name}`,
        `names one that does not exist: ${JSON.stringify(missing.slice(0, 200))}.`,
      );
    }
  }
  return { plans, tenants };
}
