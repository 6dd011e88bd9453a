import type { Connection } from 'mongoose';
import { guardrailPolicies, type PresentGuardrailPolicy } from '#mongo/guardrail-policies.ts';

/** The guardrail policies that are not switched off, by their owner, in the order of their ids. Null: of the mesh. */
export type CatalogGuardrails = ReadonlyMap<string | null, readonly PresentGuardrailPolicy[]>;

/**
 * Reads the policies that differ from those that were read before; the others keep their identity, so that what is prepared from them can be
 * kept. The same map where nothing has changed.
 */
export async function loadGuardrails(
  connection: Connection,
  previous: CatalogGuardrails,
): Promise<CatalogGuardrails> {
  const before = new Map([...previous.values()].flat().map((policy) => [policy._id, policy]));
  const collection = guardrailPolicies(connection);
  const heads = await collection
    .find({ mode: { $ne: 'OFF' } }, { version: 1, updatedAt: 1 })
    .sort({ _id: 1 })
    .lean();
  const isKnown = ({ _id, version, updatedAt }: (typeof heads)[number]) => {
    const known = before.get(_id);
    // One that was deleted and made again begins with the first version.
    return known?.version === version && known.updatedAt.getTime() === updatedAt.getTime();
  };
  const changed = heads.filter((head) => !isKnown(head)).map(({ _id }) => _id);
  if (changed.length === 0 && heads.length === before.size) return previous;
  const read =
    changed.length === 0
      ? []
      : await collection.find({ _id: { $in: changed }, mode: { $ne: 'OFF' } }, { versions: 0 }).lean();
  const fresh = new Map(read.map((policy) => [policy._id, policy]));
  const policies = heads.flatMap((head) => {
    const policy = isKnown(head) ? before.get(head._id) : fresh.get(head._id);
    return policy === undefined ? [] : [policy];
  });
  return Map.groupBy(policies, ({ tenantId }) => tenantId);
}
