import { doc } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { nextBatch } from './batches.ts';

/** `getMore`. */
export function getMore(engine: Engine, request: Request): Promise<Reply> {
  const id = request.body.get('getMore');
  if (typeof id !== 'bigint') {
    throw new CommandError('TypeMismatch', "BSON field 'getMore.getMore' must be of type long");
  }
  const { fields } = request;
  const collection = fields.required('collection', fields.string('collection'));
  const batchSize = fields.count('batchSize') ?? 0;
  const cursor = engine.cursors.take(id, `${request.db}.${collection}`);
  if (
    cursor.transaction !== request.transaction ||
    (cursor.session ?? '') !== (request.session?.id ?? cursor.session ?? '')
  ) {
    engine.cursors.giveBack(cursor);
    throw new CommandError(
      50738,
      `Cannot run getMore on cursor ${id}, which was created in another session or transaction`,
    );
  }
  return nextBatch(engine, request, cursor, batchSize);
}

/** `killCursors`. */
export function killCursors(engine: Engine, request: Request): Reply {
  const ids = request.fields.required('cursors', request.fields.array('cursors'));
  const killed: bigint[] = [];
  const missing: bigint[] = [];
  for (const id of ids) {
    if (typeof id !== 'bigint') {
      throw new CommandError('TypeMismatch', "Field 'cursors' contains an element that is not of type long");
    }
    if (engine.cursors.kill(id)) killed.push(id);
    else missing.push(id);
  }
  return doc({ cursorsKilled: killed, cursorsNotFound: missing, cursorsAlive: [], cursorsUnknown: [] });
}
