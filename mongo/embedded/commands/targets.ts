import { PAUSE } from '../aggregate/pause.ts';
import { decodeDocument } from '../bson/decode.ts';
import type { Doc } from '../bson/values.ts';
import type { MatchDetails } from '../query/compile.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Request } from './request.ts';
import type { Selection } from './selection.ts';

/** A document to be changed, as it is now. */
export type Target = { readonly rid: number; readonly doc: Doc; readonly bytes: Uint8Array };

/** The row ids that a write selects. All are collected before the first change, so that a change moves none into view twice. */
export async function selectTargets(
  request: Request,
  collection: Collection,
  selection: Selection,
  limit: number,
): Promise<number[]> {
  const rids: number[] = [];
  for (const found of selection.find(request.view, collection, { limit })) {
    if (found === PAUSE) {
      if (request.pace.due) await request.pace.rest();
      continue;
    }
    rids.push(found.rid);
    if (rids.length === limit) break;
  }
  return rids;
}

/** The document of a row as it is now, if it still matches. */
export function currentTarget(
  request: Request,
  collection: Collection,
  selection: Selection,
  rid: number,
  details?: MatchDetails,
): Target | undefined {
  const overlay = request.view.overlayOf(collection.id)?.rows.get(rid);
  const bytes =
    overlay === null ? undefined : (overlay?.bytes ?? request.view.reader.get(collection.id, rid));
  if (bytes === undefined) return undefined;
  const doc = decodeDocument(bytes);
  return selection.matches(doc, details) ? { rid, doc, bytes } : undefined;
}
