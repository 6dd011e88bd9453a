import { PAUSE } from '../../aggregate/pause.ts';
import { doc, int32, type Value } from '../../bson/values.ts';
import type { Collection } from '../../storage/catalog.ts';
import type { Engine } from '../engine.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { readHint } from './find.ts';
import { Selection, variablesOfCommand } from './selection.ts';

/** `count`. */
export async function count(_engine: Engine, request: Request): Promise<Reply> {
  const { fields } = request;
  const collection = request.view.catalog.get(`${request.db}.${request.collectionName()}`);
  const filter = fields.document('query');
  const selection = new Selection(
    { filter, hint: readHint(fields), collation: fields.get('collation') },
    variablesOfCommand(undefined),
  );
  const skip = fields.count('skip') ?? 0;
  const limit = Math.abs(fields.number('limit') ?? 0);
  if (collection === undefined) return doc({ n: int32(0) });
  const all = await countMatching(request, collection, selection, limit === 0 ? 0 : limit + skip);
  const n = Math.max(0, all - skip);
  return doc({ n: whole(limit === 0 ? n : Math.min(n, limit)) });
}

/** How many match, counted up to `limit` (0: all). */
export async function countMatching(
  request: Request,
  collection: Collection,
  selection: Selection,
  limit: number,
): Promise<number> {
  const quick = countByKeys(request, collection, selection);
  if (quick !== undefined) return quick;
  let n = 0;
  for (const found of selection.find(request.view, collection, { limit })) {
    if (found === PAUSE) {
      if (request.pace.due) await request.pace.rest();
      continue;
    }
    if (++n === limit) break;
  }
  return n;
}

/** The count where tables have it without a document being read. */
function countByKeys(request: Request, collection: Collection, selection: Selection): number | undefined {
  const { view } = request;
  if (view.findOverlay(collection.id) !== undefined) return undefined;
  const chosen = selection.plan(collection);
  const everything = selection.filter.op === 'and' && selection.filter.children.length === 0;
  if (chosen.kind === 'collection' && everything) return view.reader.count(collection.id);
  if (chosen.kind !== 'index' || !chosen.decided || chosen.repeats) return undefined;
  let n = 0;
  for (const range of chosen.ranges) {
    n +=
      chosen.index === undefined
        ? view.reader.countIds(collection.id, range)
        : view.reader.countIndex(chosen.index.id, range);
  }
  return n;
}

/** A count as the server writes it: int32 while it fits. */
export function whole(n: number): Value {
  return n <= 0x7fffffff ? int32(n) : BigInt(n);
}
