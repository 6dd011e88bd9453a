import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { OwnerBoxes, Sealer } from '#core/secrets/owner-boxes.ts';
import { type CompletionRecord, completions } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { toCompletionId } from './attachment.ts';
import { nativeCollection } from './native-collection.ts';
import { sealedIn, sealResult, toSealContext } from './results.ts';

const batchMax = 100;

/**
 * Seals the kept results with the present data key of their tenant that are not sealed with it yet; what cannot be opened stays
 * and expires. The number of those that were sealed. Safe while the mesh runs.
 */
export async function resealCompletionResults(connection: Connection, payloads: OwnerBoxes): Promise<number> {
  const stored = nativeCollection<CompletionRecord>(connection, completions);
  let resealed = 0;
  let batch: CompletionRecord[] = [];
  for await (const record of stored.find({})) {
    batch.push(record);
    if (batch.length < batchMax) continue;
    resealed += await resealBatch(connection, payloads, batch);
    batch = [];
  }
  return resealed + (await resealBatch(connection, payloads, batch));
}

async function resealBatch(
  connection: Connection,
  payloads: OwnerBoxes,
  records: readonly CompletionRecord[],
): Promise<number> {
  const tenants = await findTenants(
    connection,
    records.map(({ _id }) => toCompletionId(_id)),
  );
  let resealed = 0;
  for (const record of records) {
    const tenantId = tenants.get(toCompletionId(record._id));
    if (tenantId !== undefined && (await resealResult(connection, payloads, record, tenantId))) resealed += 1;
  }
  return resealed;
}

async function findTenants(
  connection: Connection,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = nativeCollection<InvocationRecord>(connection, invocations);
  const found = await rows
    .find({ _id: { $in: [...new Set(ids)] } }, { projection: { tenantId: 1 } })
    .toArray();
  return new Map(found.map(({ _id, tenantId }) => [_id, tenantId]));
}

async function resealResult(
  connection: Connection,
  payloads: OwnerBoxes,
  record: CompletionRecord,
  tenantId: string,
): Promise<boolean> {
  const { _id, sealed } = record;
  const opened = await openForReseal(payloads, record, tenantId);
  if (opened === null) return false;
  const same = sealed === undefined ? { _id } : { _id, sealed };
  const change = {
    $set: { sealed: sealResult(opened.sealer, opened.text, _id) },
    $unset: { content: true as const },
  };
  const stored = nativeCollection<CompletionRecord>(connection, completions);
  return (await stored.updateOne(same, change)).modifiedCount === 1;
}

/** Null: it is sealed with the present key already, or cannot be opened. */
async function openForReseal(
  payloads: OwnerBoxes,
  { _id, sealed, content }: CompletionRecord,
  tenantId: string,
): Promise<{ readonly sealer: Sealer; readonly text: string } | null> {
  try {
    const sealer = await payloads.of(tenantId);
    if (sealed !== undefined && sealer.isCurrent(sealedIn(sealed))) return null;
    const text = sealed === undefined ? content : await payloads.open(sealedIn(sealed), toSealContext(_id));
    return text === undefined ? null : { sealer, text };
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'OVERLOADED') throw error;
    // Any other error: sealed under a key that is not at hand, damaged, or of a tenant that was erased.
    return null;
  }
}
