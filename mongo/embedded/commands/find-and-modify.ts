import { type Doc, doc, int32, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { compileProjection } from '../query/projection.ts';
import { attempt } from './attempt.ts';
import { Changer, updateOf } from './change.ts';
import type { Engine } from './engine.ts';
import { hintOf } from './find.ts';
import type { Reply } from './reply.ts';
import type { Request } from './request.ts';
import { Selection, variablesOf } from './selection.ts';
import { currentTarget, selectTargets } from './targets.ts';

/** `findAndModify`: changes or removes one document and answers it, as it was before or is now. */
export async function findAndModify(engine: Engine, request: Request): Promise<Reply> {
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
  const vars = variablesOf(fields.document('let'));
  const selection = new Selection(
    {
      filter: fields.document('query'),
      sort: fields.document('sort'),
      hint: hintOf(fields),
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
    const removed = await removeOne(engine, request, name, selection);
    return answer({ n: int32(removed === undefined ? 0 : 1) }, removed && project(removed));
  }
  const changer = new Changer(engine, request, name, selection, updateOf(update, fields, selection));
  const change = await changer.one();
  if (change !== undefined) {
    return answer({ n: int32(1), updatedExisting: true }, project(wantsNew ? change.after : change.before));
  }
  if (!upsert) return answer({ n: int32(0), updatedExisting: false }, undefined);
  const inserted = await changer.upsert();
  return answer(
    { n: int32(1), updatedExisting: false, upserted: inserted.get('_id') },
    wantsNew ? project(inserted) : undefined,
  );
}

function answer(lastErrorObject: { [name: string]: Value | undefined }, value: Doc | undefined): Reply {
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
      request.writes.remove(latest, rid, target.doc);
      return target.doc;
    });
    if (removed !== undefined) return removed;
  }
}
