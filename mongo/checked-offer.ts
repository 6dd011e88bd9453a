import type { Connection } from 'mongoose';
import { badInput, checkedList } from '#core/input.ts';
import type { Offer } from '#core/offers.ts';
import { findNodeRecords } from './node-records.ts';

const namedMax = 200;

interface OfferInput {
  readonly plans?: readonly string[] | null;
  readonly tenants?: readonly string[] | null;
}

/** What is offered, for a message such as "providers", and who owns it; null: the mesh. */
interface Offered {
  readonly what: string;
  readonly owner: string | null;
}

/** Who something of the mesh is offered to; null: every tenant. BAD_USER_INPUT for what a tenant owns, and for a plan or tenant that does not exist. */
export async function checkedOffer(
  input: OfferInput | null | undefined,
  { what, owner }: Offered,
  connection: Connection,
): Promise<Offer | null> {
  if (input == null) return null;
  const field = 'input.offeredTo';
  if (owner !== null) badInput(field, `is for ${what} of the mesh: a tenant alone uses its own.`);
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
