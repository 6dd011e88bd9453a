import { PAUSE } from '../../aggregate/pause.ts';
import { decodeDocument } from '../../bson/decode.ts';
import type { Doc } from '../../bson/values.ts';
import type { Found } from '../../planner/scan.ts';
import type { MatchDetails } from '../../query/compile.ts';
import type { Collection } from '../../storage/catalog.ts';
import type { Selection } from '../read/selection.ts';
import type { Request } from '../request.ts';

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
  const overlay = request.view.findOverlay(collection.id)?.rows.get(rid);
  const bytes =
    overlay === null ? undefined : (overlay?.bytes ?? request.view.reader.get(collection.id, rid));
  if (bytes === undefined) return undefined;
  const doc = decodeDocument(bytes);
  return selection.matches(doc, details) ? { rid, doc, bytes } : undefined;
}

/** The first document that a write selects, with its values and position, as of `version` of the view. */
export type First = { readonly found: Found; readonly details: MatchDetails; readonly version: number };

/** Finds the first document that a write selects. Synchronous unless that takes long. */
export function selectFirst(
  request: Request,
  collection: Collection,
  selection: Selection,
): First | undefined | Promise<First | undefined> {
  const details: MatchDetails = { position: -1 };
  const { view, pace } = request;
  const results = selection.find(view, collection, { limit: 1, whole: true, details });
  const take = (): First | undefined | 'rest' => {
    // Not for…of: leaving that would end the scan, which continues after a rest.
    for (let next = results.next(); next.done !== true; next = results.next()) {
      if (next.value !== PAUSE) return { found: next.value, details, version: view.version };
      if (pace.due) return 'rest';
    }
    return undefined;
  };
  const taken = take();
  return taken === 'rest' ? rested(request, results, details) : taken;
}

async function rested(
  request: Request,
  results: Generator<Found | typeof PAUSE, void>,
  details: MatchDetails,
): Promise<First | undefined> {
  const { view, pace } = request;
  await pace.rest();
  for (let next = results.next(); next.done !== true; next = results.next()) {
    if (next.value !== PAUSE) return { found: next.value, details, version: view.version };
    if (pace.due) await pace.rest();
  }
  return undefined;
}

/** What was found, as it is now: the same as long as nothing was written since. */
export function asItIsNow(
  request: Request,
  collection: Collection,
  selection: Selection,
  { found, details, version }: First,
): Target | undefined {
  const { rid, doc, bytes } = found;
  if (request.view.version === version && doc !== undefined) return { rid, doc, bytes };
  details.position = -1;
  return currentTarget(request, collection, selection, rid, details);
}
