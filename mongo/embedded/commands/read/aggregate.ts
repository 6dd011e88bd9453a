import { CommandError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { CommandFields } from '../fields.ts';
import type { Reply } from '../reply.ts';
import { checkCollectionName, type Request } from '../request.ts';
import { runSink } from '../write/output.ts';
import { AggregateQuery, toResults } from './aggregate-query.ts';
import { firstBatch } from './batches.ts';
import { explained } from './explain.ts';

/** `aggregate`, on a collection or (`aggregate: 1`) on the database. */
export async function aggregate(engine: Engine, request: Request): Promise<Reply> {
  const { fields, db } = request;
  const target = request.body.get('aggregate');
  const name = typeof target === 'string' ? target : undefined;
  if (name !== undefined) checkCollectionName(db, name);
  const stages = fields.required('pipeline', fields.documents('pipeline'));
  const cursor = fields.document('cursor');
  const explain = fields.boolean('explain') === true;
  if (cursor === undefined && !explain) {
    throw new CommandError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  const batchSize = new CommandFields(cursor ?? new Map(), 'aggregate.cursor').count('batchSize');
  const query = new AggregateQuery(engine, request, name, stages, fields);
  if (explain) return explained(engine, request, name ?? '$cmd.aggregate', query.selection, 'queryPlanner');
  const ns = `${db}.${name ?? '$cmd.aggregate'}`;
  const { sink } = query.pipeline;
  if (sink !== undefined) {
    await runSink(engine, request, sink, query.documents());
    return firstBatch(engine, request, ns, toResults([]), {});
  }
  const counted = await query.counted();
  return firstBatch(engine, request, ns, counted ?? query.results(), { batchSize });
}
