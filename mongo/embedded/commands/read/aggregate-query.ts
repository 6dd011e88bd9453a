import { PAUSE, type Pause } from '../../aggregate/pause.ts';
import { type AggregationPipeline, compilePipeline, type PipelineContext } from '../../aggregate/pipeline.ts';
import type { Stream } from '../../aggregate/stream.ts';
import { decodeDocument, decodeFields } from '../../bson/decode.ts';
import { encodeDocument } from '../../bson/encode.ts';
import { Binary, type Doc, doc, int32, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import type { SpillSpace } from '../../spill/spill-space.ts';
import type { Collection } from '../../storage/catalog.ts';
import { DOCUMENT_BYTES_MAX } from '../../wire/limits.ts';
import type { Engine } from '../engine.ts';
import type { CommandFields } from '../fields.ts';
import { checkCollation } from '../options.ts';
import type { Request } from '../request.ts';
import { countMatching, whole } from './count.ts';
import type { Results } from './cursors.ts';
import { readHint } from './find.ts';
import { Selection, variablesOfCommand } from './selection.ts';

/** An aggregation compiled for one request. */
export class AggregateQuery {
  readonly pipeline: AggregationPipeline;
  readonly selection: Selection;
  readonly #request: Request;
  readonly #ns: string;
  readonly #stages: readonly Doc[];
  readonly #space: SpillSpace | undefined;

  constructor(
    engine: Engine,
    request: Request,
    name: string | undefined,
    stages: Doc[],
    fields: CommandFields,
  ) {
    checkCollation(fields.get('collation'));
    const vars = variablesOfCommand(fields.document('let'));
    const context: PipelineContext = {
      vars,
      collection: (other) => ({
        scan: (filter) => scanCollection(request, `${request.db}.${other}`, filter),
      }),
      collectionless: name === undefined,
      localSessions: () => listSessionDocuments(engine),
      space: engine.spaceFor(fields),
    };
    this.pipeline = compilePipeline(stages, context);
    const { filter, sort } = this.pipeline.head;
    this.selection = new Selection({ filter, sort, hint: readHint(fields) }, vars);
    this.#request = request;
    this.#space = context.space;
    this.#ns = `${request.db}.${name}`;
    this.#stages = stages;
  }

  /** What comes out, as documents. */
  documents(): Stream {
    const { pipeline } = this;
    return pipeline.run(pipeline.source === 'collection' ? this.#input() : pipeline.source());
  }

  results(): Results {
    return { iterator: encoded(this.documents()), finished: () => false };
  }

  /** The result of a pipeline that only counts (countDocuments), answered by the index or the table where they can. */
  async counted(): Promise<Results | undefined> {
    const id = countedId(this.#stages);
    const { head, source } = this.pipeline;
    if (id === undefined || source !== 'collection' || head.sort !== undefined) return undefined;
    const collection = this.#collection();
    if (collection === undefined) return toResults([]);
    const limit = head.limit === 0 ? 0 : head.limit + head.skip;
    const all = await countMatching(this.#request, collection, this.selection, limit);
    const n = Math.max(0, (limit === 0 ? all : Math.min(all, limit)) - head.skip);
    return toResults(n === 0 ? [] : [doc({ _id: id.id, [id.field]: whole(n) })]);
  }

  #collection(): Collection | undefined {
    return this.#request.view.catalog.get(this.#ns);
  }

  *#input(): Stream {
    const collection = this.#collection();
    if (collection === undefined) return;
    const { head, fields } = this.pipeline;
    const limit = head.limit === 0 ? 0 : head.limit + head.skip;
    let toSkip = head.skip;
    let left = head.limit === 0 ? Number.POSITIVE_INFINITY : head.limit;
    const whole = fields === null;
    const options = { limit, whole, space: this.#space };
    for (const found of this.selection.find(this.#request.view, collection, options)) {
      if (found === PAUSE) {
        yield PAUSE;
      } else if (toSkip > 0) toSkip--;
      else {
        yield fields === null ? (found.doc ?? decodeDocument(found.bytes)) : decodePart(found.bytes, fields);
        if (--left === 0) return;
      }
    }
  }
}

const NO_FIELDS: Doc = new Map();

function decodePart(bytes: Uint8Array, fields: ReadonlySet<string>): Doc {
  return fields.size === 0 ? NO_FIELDS : decodeFields(bytes, fields);
}

function* encoded(documents: Stream): Generator<Uint8Array | Pause, void> {
  for (const document of documents) {
    if (document === PAUSE) {
      yield PAUSE;
      continue;
    }
    const bytes = encodeDocument(document);
    if (bytes.length > DOCUMENT_BYTES_MAX) {
      throw new CommandError(
        'BSONObjectTooLarge',
        `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${DOCUMENT_BYTES_MAX}`,
      );
    }
    yield bytes;
  }
}

/** Documents that are there already, as a result. */
export function toResults(documents: readonly Doc[]): Results {
  return { iterator: encoded(documents), finished: () => false };
}

/** Documents of another collection, for $lookup. */
function* scanCollection(request: Request, ns: string, filter: Doc | undefined): Stream {
  const collection = request.view.catalog.get(ns);
  if (collection === undefined) return;
  const selection = new Selection({ filter }, variablesOfCommand(undefined));
  for (const found of selection.find(request.view, collection, { whole: true })) {
    yield found === PAUSE ? PAUSE : (found.doc ?? decodeDocument(found.bytes));
  }
}

function* listSessionDocuments(engine: Engine): Iterable<Doc> {
  for (const session of engine.sessions.all()) {
    yield doc({
      _id: doc({ id: new Binary(Buffer.from(session.id, 'latin1'), 4) }),
      lastUse: session.lastUse,
    });
  }
}

/** `[…head, { $group: { _id: <constant>, <field>: { $sum: 1 } } }]`: the constant and the field's name. */
function countedId(stages: readonly Doc[]): { id: Value; field: string } | undefined {
  const spec = stages.at(-1)?.get('$group');
  if (!isDoc(spec) || spec.size !== 2) return undefined;
  const headOnly = stages
    .slice(0, -1)
    .every((stage) => ['$match', '$skip', '$limit'].some((name) => stage.has(name)));
  const id = spec.get('_id');
  const [field = ''] = [...spec.keys()].filter((key) => key !== '_id');
  const sum = spec.get(field);
  if (!headOnly || !isDoc(sum) || sum.size !== 1) return undefined;
  const one = sum.get('$sum');
  const isOne =
    one !== undefined && isDoc(one) === false && Buffer.compare(encodeDocument(doc({ one })), ONE) === 0;
  if (!isOne || id === undefined || typeof id === 'string' || isDoc(id) || Array.isArray(id))
    return undefined;
  // The head takes $match, $skip, $limit in this order only; anything else is left to the pipeline.
  const order = stages
    .slice(0, -1)
    .map((stage) => ['$match', '$skip', '$limit'].findIndex((name) => stage.has(name)));
  return order.every((at, i) => i === 0 || at > order[i - 1]!) ? { id, field } : undefined;
}

const ONE = encodeDocument(doc({ one: int32(1) }));
