import { encodeDocument } from '../bson/encode.ts';
import { type Doc, isDoc, type Value } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import type { MatchDetails } from '../query/compile.ts';
import type { Collection } from '../storage/catalog.ts';
import { idKeyOf } from '../storage/index-spec.ts';
import { compileUpdate, type Update } from '../update/compile.ts';
import { upsertBase, withId } from '../update/upsert.ts';
import { DOCUMENT_BYTES_MAX } from '../wire/limits.ts';
import { attempt } from './attempt.ts';
import type { Engine } from './engine.ts';
import type { Fields } from './fields.ts';
import { checkSize, newObjectId } from './insert.ts';
import type { Request } from './request.ts';
import type { Selection } from './selection.ts';
import { asItIsNow, currentTarget, selectFirst, selectTargets, type Target } from './targets.ts';

/** How often a single update looks again when another write took its document between finding and changing it. */
const TRIES_MAX = 10;

type Change = {
  readonly before: Doc;
  readonly after: Doc;
  readonly changed: boolean;
};

/** One update statement (of `update` or findAndModify) at work on one collection. */
export class Changer {
  readonly #engine: Engine;
  readonly #request: Request;
  readonly #name: string;
  readonly #selection: Selection;
  readonly #update: Update;
  readonly #now = BigInt(Date.now());

  constructor(engine: Engine, request: Request, name: string, selection: Selection, update: Update) {
    this.#engine = engine;
    this.#request = request;
    this.#name = name;
    this.#selection = selection;
    this.#update = update;
  }

  /** Changes the first that matches; undefined when none does. */
  async one(): Promise<Change | undefined> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const collection = this.#collection();
      if (collection === undefined) return undefined;
      const selected = selectFirst(this.#request, collection, this.#selection);
      const first = selected instanceof Promise ? await selected : selected;
      if (first === undefined) return undefined;
      const changing = attempt(this.#engine, () => {
        const { details } = first;
        return this.#changeNow(collection, details, (latest) =>
          asItIsNow(this.#request, latest, this.#selection, first),
        );
      });
      const change = changing instanceof Promise ? await changing : changing;
      if (change !== undefined) return change;
    }
    throw new CommandError('WriteConflict', 'the document was changed by others again and again');
  }

  /** Changes all that match. */
  async all(): Promise<{ matched: number; modified: number }> {
    let matched = 0;
    let modified = 0;
    const collection = this.#collection();
    if (collection === undefined) return { matched, modified };
    const { pace } = this.#request;
    for (const rid of await selectTargets(this.#request, collection, this.#selection, 0)) {
      const change = await this.#changeRow(collection, rid);
      if (change !== undefined) matched++;
      if (change?.changed === true) modified++;
      if (pace.due) await pace.rest();
    }
    return { matched, modified };
  }

  /** Inserts what the filter and the update make together. */
  async upsert(): Promise<Doc> {
    const base = upsertBase(this.#selection.filter, this.#update.kind === 'replacement');
    const { doc } = this.#update.apply(base, { isInsert: true, now: this.#now });
    const inserted = withId(doc, newObjectId);
    const bytes = encodeDocument(inserted);
    checkSize(bytes.length);
    const stored = { doc: inserted, bytes, idKey: idKeyOf(inserted) };
    const { writes, db } = this.#request;
    const pending = attempt(this.#engine, () => writes.insert(writes.open(db, this.#name), stored));
    if (pending instanceof Promise) await pending;
    return inserted;
  }

  #changeRow(collection: Collection, rid: number): Change | undefined | Promise<Change | undefined> {
    const details: MatchDetails = { position: -1 };
    return attempt(this.#engine, () =>
      this.#changeNow(collection, details, (latest) =>
        currentTarget(this.#request, latest, this.#selection, rid, details),
      ),
    );
  }

  #changeNow(
    collection: Collection,
    details: MatchDetails,
    targetIn: (latest: Collection) => Target | undefined,
  ): Change | undefined {
    const { writes } = this.#request;
    const latest = writes.view.catalog.get(collection.ns);
    if (latest?.id !== collection.id) return undefined;
    const target = targetIn(latest);
    if (target === undefined) return undefined;
    const { doc, changed } = this.#update.apply(target.doc, { position: details.position, now: this.#now });
    if (changed) {
      const bytes = encodeDocument(doc);
      if (bytes.length > DOCUMENT_BYTES_MAX) {
        throw new CommandError(17419, `Resulting document after update is larger than ${DOCUMENT_BYTES_MAX}`);
      }
      writes.replace(latest, target.rid, target.doc, { doc, bytes });
    }
    return { before: target.doc, after: doc, changed };
  }

  #collection(): Collection | undefined {
    return this.#request.view.catalog.get(`${this.#request.db}.${this.#name}`);
  }
}

/** Compiles a statement's update with its array filters. */
export function updateOf(update: Value | undefined, fields: Fields, selection: Selection): Update {
  if (!isDoc(update) && !Array.isArray(update)) {
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
  }
  return compileUpdate(update, {
    arrayFilters: fields.documents('arrayFilters') ?? [],
    vars: selection.vars,
  });
}
