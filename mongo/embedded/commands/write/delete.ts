import { doc, int32 } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import { CommandFields, toPlainNumber } from '../fields.ts';
import { checkKnown } from '../options.ts';
import { whole } from '../read/count.ts';
import { readHint } from '../read/find.ts';
import { Selection, variablesOfCommand } from '../read/selection.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { Ordered } from './ordered.ts';
import { currentTarget, selectTargets } from './targets.ts';

const STATEMENT_FIELDS = new Set(['q', 'limit', 'collation', 'hint']);

const REMOVED = doc({ n: int32(1) });

/** `delete`: each statement removes one document (limit 1) or all that match (limit 0). */
export async function remove(engine: Engine, request: Request): Promise<Reply> {
  const name = request.collectionName();
  const statements = request.fields.required('deletes', request.sent('deletes'));
  for (const { doc: statement } of statements) checkKnown('delete.deletes', statement, STATEMENT_FIELDS);
  const vars = variablesOfCommand(request.fields.document('let'));
  const batch = new Ordered(request, statements.length);
  await batch.each(statements, async (sent, index) => {
    const fields = new CommandFields(sent.doc, 'delete.deletes');
    const selection = new Selection(
      {
        filter: fields.required('q', fields.document('q')),
        hint: readHint(fields),
        collation: fields.get('collation'),
      },
      vars,
    );
    const limit = toPlainNumber(fields.required('limit', fields.get('limit')));
    if (limit !== 0 && limit !== 1) {
      throw new CommandError(
        'FailedToParse',
        `The limit field in delete objects must be 0 or 1. Got ${limit}`,
      );
    }
    if (limit === 0 && request.isNumbered) {
      throw new CommandError('InvalidOptions', 'Cannot use retryable writes with limit=0');
    }
    const note = () => request.note(index, REMOVED);
    return doc({ n: whole(await removeMatching(engine, request, name, selection, limit, note)) });
  });
  return batch.reply(doc({ n: whole(batch.n) }));
}

async function removeMatching(
  engine: Engine,
  request: Request,
  name: string,
  selection: Selection,
  limit: number,
  note: () => void,
): Promise<number> {
  const collection = request.view.catalog.get(`${request.db}.${name}`);
  if (collection === undefined) return 0;
  let removed = 0;
  for (const rid of await selectTargets(request, collection, selection, limit)) {
    const pending = attempt(engine, () => {
      const latest = request.view.catalog.get(collection.ns);
      if (latest?.id !== collection.id) return;
      const target = currentTarget(request, latest, selection, rid);
      if (target === undefined) return;
      request.writes.remove(latest, rid, target.doc);
      note();
      removed++;
    });
    if (pending instanceof Promise) await pending;
    if (request.pace.due) await request.pace.rest();
  }
  return removed;
}
