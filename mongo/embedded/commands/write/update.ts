import { doc, int32 } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { CommandFields } from '../fields.ts';
import { checkKnown } from '../options.ts';
import { whole } from '../read/count.ts';
import { readHint } from '../read/find.ts';
import { Selection, variablesOfCommand } from '../read/selection.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { Changer, compileStatementUpdate, counted } from './change.ts';
import { NO_EFFECT, Ordered } from './ordered.ts';

const STATEMENT_FIELDS = new Set(['q', 'u', 'c', 'multi', 'upsert', 'collation', 'arrayFilters', 'hint']);

/** `update`: statements that change one document or all that match, by operators, a replacement or a pipeline. */
export async function update(engine: Engine, request: Request): Promise<Reply> {
  const name = request.collectionName();
  const statements = request.fields.required('updates', request.sent('updates'));
  for (const { doc: statement } of statements) {
    checkKnown('update.updates', statement, STATEMENT_FIELDS);
  }
  const definitions = request.fields.document('let');
  const batch = new Ordered(request, statements.length);
  await batch.each(statements, async (sent, index) => {
    const fields = new CommandFields(sent.doc, 'update.updates');
    const constants = fields.document('c');
    const selection = new Selection(
      {
        filter: fields.required('q', fields.document('q')),
        hint: readHint(fields),
        collation: fields.get('collation'),
      },
      variablesOfCommand(
        constants === undefined ? definitions : new Map([...(definitions ?? []), ...constants]),
      ),
    );
    const compiled = compileStatementUpdate(fields.required('u', fields.get('u')), fields, selection);
    const multi = fields.boolean('multi') ?? false;
    if (multi && compiled.kind === 'replacement') {
      throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
    }
    if (multi && request.isNumbered) {
      throw new CommandError('InvalidOptions', 'Cannot use retryable writes with multi=true');
    }
    const changer = new Changer(engine, request, name, selection, compiled, index);
    const outcome = multi ? await changer.all() : await changer.one(counted);
    if (outcome !== undefined) return outcome;
    if (fields.boolean('upsert') !== true) return NO_EFFECT;
    return await changer.upsert((inserted) => doc({ n: int32(1), upserted: inserted.get('_id') }));
  });
  const { n, modified, upserted } = batch;
  const reply = doc({ n: whole(n) });
  if (upserted.length > 0) reply.set('upserted', upserted);
  reply.set('nModified', whole(modified));
  return batch.reply(reply);
}
