import { encodeDocument } from '../../bson/encode.ts';
import { type Doc, doc, int32, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { MatchDetails } from '../../query/compile.ts';
import type { Collection } from '../../storage/catalog.ts';
import { encodeIdKey } from '../../storage/index-spec.ts';
import { compileUpdate, type Update } from '../../update/compile.ts';
import { upsertBase, withId } from '../../update/upsert.ts';
import { attempt } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import type { CommandFields } from '../fields.ts';
import { whole } from '../read/count.ts';
import type { Selection } from '../read/selection.ts';
import type { Request } from '../request.ts';
import { newObjectId } from './insert.ts';
import { checkInserted, checkUpdated } from './storable.ts';
import { asItIsNow, currentTarget, selectFirst, selectTargets, type Target } from './targets.ts';

/** How often a single update looks again when another write took its document between finding and changing it. */
const TRIES_MAX = 10;

/** What a statement found and is about to make of it. */
type Change = {
  readonly before: Doc;
  readonly after: Doc;
  readonly changed: boolean;
};

/** What a statement answers to a change. It states it before the change is done, so that it can be kept with it. */
type ToOutcome = (change: Change) => Doc;

const CHANGED = doc({ n: int32(1), nModified: int32(1) });
const UNCHANGED = doc({ n: int32(1), nModified: int32(0) });

/** The outcome of one change of an `update`. */
export const counted: ToOutcome = ({ changed }) => (changed ? CHANGED : UNCHANGED);

/** One update statement (of `update` or findAndModify) at work on one collection. */
export class Changer {
  readonly #engine: Engine;
  readonly #request: Request;
  readonly #name: string;
  readonly #selection: Selection;
  readonly #update: Update;
  readonly #statement: number;
  readonly #now = BigInt(Date.now());

  /** @param statement its place in the command */
  constructor(
    engine: Engine,
    request: Request,
    name: string,
    selection: Selection,
    update: Update,
    statement: number,
  ) {
    this.#engine = engine;
    this.#request = request;
    this.#name = name;
    this.#selection = selection;
    this.#update = update;
    this.#statement = statement;
  }

  /** Changes the first that matches and returns its outcome; undefined when none does. */
  async one(toOutcome: ToOutcome): Promise<Doc | undefined> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const collection = this.#collection();
      if (collection === undefined) return undefined;
      const selected = selectFirst(this.#request, collection, this.#selection);
      const first = selected instanceof Promise ? await selected : selected;
      if (first === undefined) return undefined;
      const changing = attempt(this.#engine, () => {
        const { details } = first;
        const target = (latest: Collection) => asItIsNow(this.#request, latest, this.#selection, first);
        return this.#changeNow(collection, details, target, toOutcome);
      });
      const changed = changing instanceof Promise ? await changing : changing;
      if (changed !== undefined) return changed;
    }
    throw new CommandError('WriteConflict', 'the document was changed by others again and again');
  }

  /** Changes all that match and returns the outcome of that; undefined when none does. */
  async all(): Promise<Doc | undefined> {
    let matched = 0;
    let modified = 0;
    const collection = this.#collection();
    if (collection === undefined) return undefined;
    const { pace } = this.#request;
    for (const rid of await selectTargets(this.#request, collection, this.#selection, 0)) {
      const outcome = await this.#changeRow(collection, rid);
      if (outcome !== undefined) matched++;
      if (outcome === CHANGED) modified++;
      if (pace.due) await pace.rest();
    }
    if (matched === 0) return undefined;
    return doc({ n: whole(matched), nModified: whole(modified) });
  }

  /** Inserts what the filter and the update make together, and returns the outcome of that. */
  async upsert(toOutcome: (inserted: Doc) => Doc): Promise<Doc> {
    const base = upsertBase(this.#selection.filter, this.#update.kind === 'replacement');
    const made = this.#update.apply(base, { isInsert: true, now: this.#now });
    const inserted = withId(made.doc, newObjectId);
    const bytes = encodeDocument(inserted);
    checkInserted(inserted, bytes.length);
    const stored = { doc: inserted, bytes, idKey: encodeIdKey(inserted) };
    const outcome = toOutcome(inserted);
    const { writes, db } = this.#request;
    const pending = attempt(this.#engine, () => {
      writes.insert(writes.open(db, this.#name), stored);
      this.#request.note(this.#statement, outcome);
    });
    if (pending instanceof Promise) await pending;
    return outcome;
  }

  #changeRow(collection: Collection, rid: number): Doc | undefined | Promise<Doc | undefined> {
    const details: MatchDetails = { position: -1 };
    return attempt(this.#engine, () =>
      this.#changeNow(
        collection,
        details,
        (latest) => currentTarget(this.#request, latest, this.#selection, rid, details),
        counted,
      ),
    );
  }

  #changeNow(
    collection: Collection,
    details: MatchDetails,
    targetIn: (latest: Collection) => Target | undefined,
    toOutcome: ToOutcome,
  ): Doc | undefined {
    const { writes } = this.#request;
    const latest = writes.view.catalog.get(collection.ns);
    if (latest?.id !== collection.id) return undefined;
    const target = targetIn(latest);
    if (target === undefined) return undefined;
    const { doc: after, changed } = this.#update.apply(target.doc, {
      position: details.position,
      now: this.#now,
    });
    const outcome = toOutcome({ before: target.doc, after, changed });
    if (changed) {
      const bytes = encodeDocument(after);
      checkUpdated(after, bytes.length);
      writes.replace(latest, target.rid, target.doc, { doc: after, bytes });
      this.#request.note(this.#statement, outcome);
    }
    return outcome;
  }

  #collection(): Collection | undefined {
    return this.#request.view.catalog.get(`${this.#request.db}.${this.#name}`);
  }
}

/** Compiles a statement's update with its array filters. */
export function compileStatementUpdate(
  update: Value | undefined,
  fields: CommandFields,
  selection: Selection,
): Update {
  if (!isDoc(update) && !Array.isArray(update)) {
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
  }
  return compileUpdate(update, {
    arrayFilters: fields.documents('arrayFilters') ?? [],
    vars: selection.vars,
  });
}
