import { type Doc, doc, int32, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { compileProjection } from '../../query/projection.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import { readHint } from '../read/find.ts';
import { Selection, variablesOfCommand } from '../read/selection.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { Changer, compileStatementUpdate } from './change.ts';
import { currentTarget, selectTargets } from './targets.ts';

/** The place of its only statement. */
const STATEMENT = 0;

/** `findAndModify`: changes or removes one document and answers it, as it was before or is now. */
export async function findAndModify(engine: Engine, request: Request): Promise<Reply> {
  const done = request.findOutcome(STATEMENT);
  if (done !== undefined) return done;
  const { fields } = request;
  const name = request.collectionName();
  const removes = fields.boolean('remove') ?? false;
  const wantsNew = fields.boolean('new') ?? false;
  const upsert = fields.boolean('upsert') ?? false;
  const update = fields.get('update');
  if (removes && update !== undefined) throw invalid('Cannot specify both an update and remove=true');
  if (removes && upsert) throw invalid('Cannot specify both upsert=true and remove=true');
  if (removes && wantsNew) {
    throw invalid(
      "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
    );
  }
  if (!removes && update === undefined) throw invalid('Either an update or remove=true must be specified');
  const vars = variablesOfCommand(fields.document('let'));
  const selection = new Selection(
    {
      filter: fields.document('query'),
      sort: fields.document('sort'),
      hint: readHint(fields),
      collation: fields.get('collation'),
    },
    vars,
  );
  const projection = fields.document('fields');
  const project =
    projection === undefined || projection.size === 0
      ? (document: Doc) => document
      : compileProjection(projection, { vars, filter: selection.filter });
  if (removes) {
    const formatRemoved = (removed: Doc) => answer({ n: int32(1) }, project(removed));
    const removed = await removeOne(engine, request, name, selection, formatRemoved);
    return removed ?? answer({ n: int32(0) }, undefined);
  }
  const compiled = compileStatementUpdate(update, fields, selection);
  const changer = new Changer(engine, request, name, selection, compiled, STATEMENT);
  const changed = await changer.one(({ before, after }) =>
    answer({ n: int32(1), updatedExisting: true }, project(wantsNew ? after : before)),
  );
  if (changed !== undefined) return changed;
  if (!upsert) return answer({ n: int32(0), updatedExisting: false }, undefined);
  return await changer.upsert((inserted) =>
    answer(
      { n: int32(1), updatedExisting: false, upserted: inserted.get('_id') },
      wantsNew ? project(inserted) : undefined,
    ),
  );
}

function answer(lastErrorObject: { [name: string]: Value | undefined }, value: Doc | undefined): Doc {
  return doc({ lastErrorObject: doc(lastErrorObject), value: value ?? null });
}

function invalid(message: string): CommandError {
  return new CommandError('FailedToParse', message);
}

async function removeOne(
  engine: Engine,
  request: Request,
  name: string,
  selection: Selection,
  formatRemoved: (removed: Doc) => Doc,
): Promise<Doc | undefined> {
  for (;;) {
    const collection = request.view.catalog.get(`${request.db}.${name}`);
    if (collection === undefined) return undefined;
    const [rid] = await selectTargets(request, collection, selection, 1);
    if (rid === undefined) return undefined;
    const removed = await attempt(engine, () => {
      const latest = request.view.catalog.get(collection.ns);
      const target = latest && currentTarget(request, latest, selection, rid);
      if (latest === undefined || target === undefined) return undefined;
      const outcome = formatRemoved(target.doc);
      request.writes.remove(latest, rid, target.doc);
      request.note(STATEMENT, outcome);
      return outcome;
    });
    if (removed !== undefined) return removed;
  }
}
