import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import type { OwnerBoxes, Sealer } from '#core/secrets/owner-boxes.ts';
import { type CompletionRecord, completions } from '#mongo/completions.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import { toCompletionId } from './attachment.ts';
import { nativeCollection } from './native-collection.ts';
import { sealedIn, sealResult, toSealContext } from './results.ts';

const batchMax = 100;

/**
 * Seals the kept results with the present data key of their tenant that are not sealed with it yet; what cannot be opened stays
 * and expires, and its data key is added to `left`. The number of those that were sealed. Safe while the mesh runs.
 */
export async function resealCompletionResults(
  connection: Connection,
  payloads: OwnerBoxes,
  left = new Set<string>(),
): Promise<number> {
  const stored = nativeCollection<CompletionRecord>(connection, completions);
  let resealed = 0;
  let batch: CompletionRecord[] = [];
  for await (const record of stored.find({})) {
    batch.push(record);
    if (batch.length < batchMax) continue;
    resealed += await resealBatch(connection, payloads, batch, left);
    batch = [];
  }
  return resealed + (await resealBatch(connection, payloads, batch, left));
}

async function resealBatch(
  connection: Connection,
  payloads: OwnerBoxes,
  records: readonly CompletionRecord[],
  left: Set<string>,
): Promise<number> {
  const tenants = await findTenants(
    connection,
    records.map(({ _id }) => toCompletionId(_id)),
  );
  let resealed = 0;
  for (const record of records) {
    const tenantId = tenants.get(toCompletionId(record._id));
    const opened = tenantId === undefined ? null : await openForReseal(payloads, record, tenantId);
    if (opened === 'CURRENT') continue;
    if (opened !== null && (await resealResult(connection, record, opened))) resealed += 1;
    else if (record.sealed !== undefined) addDataKeyId(left, sealedIn(record.sealed));
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
  { _id, sealed }: CompletionRecord,
  opened: OpenedResult,
): Promise<boolean> {
  const same = sealed === undefined ? { _id } : { _id, sealed };
  const change = {
    $set: { sealed: sealResult(opened.sealer, opened.text, _id) },
    $unset: { content: true as const },
  };
  const stored = nativeCollection<CompletionRecord>(connection, completions);
  return (await stored.updateOne(same, change)).modifiedCount === 1;
}

interface OpenedResult {
  readonly sealer: Sealer;
  readonly text: string;
}

/** CURRENT: it is sealed with the present key already. Null: it cannot be opened. */
async function openForReseal(
  payloads: OwnerBoxes,
  { _id, sealed, content }: CompletionRecord,
  tenantId: string,
): Promise<OpenedResult | 'CURRENT' | null> {
  try {
    const sealer = await payloads.of(tenantId);
    if (sealed !== undefined && sealer.isCurrent(sealedIn(sealed))) return 'CURRENT';
    const text = sealed === undefined ? content : await payloads.open(sealedIn(sealed), toSealContext(_id));
    return text === undefined ? null : { sealer, text };
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'OVERLOADED') throw error;
    // Any other error: sealed under a key that is not at hand, damaged, or of a tenant that was erased.
    return null;
  }
}
