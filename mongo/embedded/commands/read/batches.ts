import { PAUSE } from '../../aggregate/pause.ts';
import { doc } from '../../bson/values.ts';
import { encodeCursorReply } from '../../wire/cursor-reply.ts';
import { DOCUMENT_BYTES_MAX } from '../../wire/limits.ts';
import type { Engine } from '../engine.ts';
import type { Pace } from '../pace.ts';
import type { Request } from '../request.ts';
import { encodeElements } from '../sessions/cluster-time.ts';
import type { Cursor, Results } from './cursors.ts';

const FIRST_BATCH_DEFAULT = 101;

type Batch = { documents: Uint8Array[]; held: Uint8Array | undefined; ended: boolean };

/** Takes documents until there are `count` (0: no limit), 16 MB, or no more. */
async function fill(
  results: Results,
  count: number,
  held: Uint8Array | undefined,
  pace: Pace,
): Promise<Batch> {
  const documents: Uint8Array[] = held === undefined ? [] : [held];
  let bytes = held?.length ?? 0;
  while (count === 0 || documents.length < count) {
    const { done, value } = results.iterator.next();
    if (done === true || value === undefined) return { documents, held: undefined, ended: true };
    if (value === PAUSE) {
      if (pace.due) await pace.rest();
      continue;
    }
    if (documents.length > 0 && bytes + value.length > DOCUMENT_BYTES_MAX) {
      return { documents, held: value, ended: false };
    }
    documents.push(value);
    bytes += value.length;
  }
  return { documents, held: undefined, ended: results.finished() };
}

/** The answer that opens a cursor: its first batch, and its id when more may follow. */
export async function firstBatch(
  engine: Engine,
  request: Request,
  ns: string,
  results: Results,
  options: { batchSize?: number | undefined; singleBatch?: boolean | undefined },
): Promise<Uint8Array> {
  const size = options.batchSize ?? FIRST_BATCH_DEFAULT;
  const batch: Batch =
    size === 0 && options.singleBatch !== true
      ? { documents: [], held: undefined, ended: false }
      : await fill(results, size, undefined, request.pace);
  const extra = request.atClusterTime && encodeElements(doc({ atClusterTime: request.atClusterTime }));
  let id = 0n;
  if (batch.ended || options.singleBatch === true) results.iterator.return?.();
  else {
    const cursor = engine.cursors.open({
      ns,
      results,
      session: request.session?.id,
      transaction: request.transaction,
      view: request.view,
      held: batch.held,
      extra,
    });
    id = cursor.id;
    void request.transaction?.ended.then(() => engine.cursors.kill(cursor.id));
  }
  return encodeCursorReply('firstBatch', batch.documents, id, ns, extra);
}

/** The next batch of an open cursor, which is closed when nothing follows. */
export async function nextBatch(
  engine: Engine,
  request: Request,
  cursor: Cursor,
  batchSize: number,
): Promise<Uint8Array> {
  let batch: Batch;
  try {
    batch = await engine.reading(cursor.view, fill(cursor.results, batchSize, cursor.held, request.pace));
  } catch (error) {
    engine.cursors.kill(cursor.id);
    throw error;
  }
  engine.cursors.giveBack(cursor);
  cursor.held = batch.held;
  if (batch.ended) engine.cursors.kill(cursor.id);
  return encodeCursorReply(
    'nextBatch',
    batch.documents,
    batch.ended ? 0n : cursor.id,
    cursor.ns,
    cursor.extra,
  );
}
