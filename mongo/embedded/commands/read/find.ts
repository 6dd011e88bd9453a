import { PAUSE, type Pause } from '../../aggregate/pause.ts';
import { decodeDocument } from '../../bson/decode.ts';
import { encodeDocument } from '../../bson/encode.ts';
import type { Doc } from '../../bson/values.ts';
import { unsupported } from '../../errors.ts';
import { compileProjection, type Projection } from '../../query/projection.ts';
import type { SpillSpace } from '../../spill/spill-space.ts';
import type { Collection } from '../../storage/catalog.ts';
import type { Engine } from '../engine.ts';
import type { CommandFields } from '../fields.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { firstBatch } from './batches.ts';
import type { Results } from './cursors.ts';
import { Selection, variablesOfCommand } from './selection.ts';

const REFUSED = ['tailable', 'awaitData', 'returnKey', 'showRecordId', 'min', 'max'] as const;

/** `find`. */
export async function find(engine: Engine, request: Request): Promise<Reply> {
  const { fields, db } = request;
  const name = request.collectionName();
  const query = new FindQuery(fields, engine.spaceFor(fields));
  const collection = request.view.catalog.get(`${db}.${name}`);
  const results = query.results(request, collection);
  return firstBatch(engine, request, `${db}.${name}`, results, {
    batchSize: fields.count('batchSize'),
    singleBatch: fields.boolean('singleBatch'),
  });
}

/** A find command's own fields, compiled. */
class FindQuery {
  readonly selection: Selection;
  readonly skip: number;
  readonly limit: number;
  readonly #project: Projection | undefined;
  readonly #space: SpillSpace | undefined;

  constructor(fields: CommandFields, space: SpillSpace | undefined) {
    this.#space = space;
    for (const name of REFUSED) {
      const value = fields.get(name);
      if (value !== undefined && value !== false) throw unsupported(`find with ${name}`);
    }
    this.skip = fields.count('skip') ?? 0;
    this.limit = fields.count('limit') ?? 0;
    if (fields.boolean('singleBatch') === true && fields.number('limit') === undefined) this.limit = 0;
    const vars = variablesOfCommand(fields.document('let'));
    this.selection = new Selection(
      {
        filter: fields.document('filter'),
        sort: fields.document('sort'),
        hint: readHint(fields),
        collation: fields.get('collation'),
      },
      vars,
    );
    const projection = fields.document('projection');
    this.#project =
      projection === undefined || projection.size === 0
        ? undefined
        : compileProjection(projection, { vars, filter: this.selection.filter });
  }

  results(request: Request, collection: Collection | undefined): Results {
    if (collection === undefined) return { iterator: [][Symbol.iterator](), finished: () => true };
    const state = { left: this.limit === 0 ? Number.POSITIVE_INFINITY : this.limit };
    return { iterator: this.#documents(request, collection, state), finished: () => state.left === 0 };
  }

  *#documents(
    request: Request,
    collection: Collection,
    state: { left: number },
  ): Generator<Uint8Array | Pause, void> {
    const limit = this.limit === 0 ? 0 : this.limit + this.skip;
    const whole = this.#project !== undefined;
    let toSkip = this.skip;
    const found = this.selection.find(request.view, collection, { limit, whole, space: this.#space });
    for (const item of found) {
      if (item === PAUSE) {
        yield PAUSE;
        continue;
      }
      if (toSkip > 0) {
        toSkip--;
        continue;
      }
      state.left--;
      if (this.#project === undefined) yield item.bytes;
      else yield encodeDocument(this.#project(item.doc ?? decodeDocument(item.bytes)));
      if (state.left === 0) return;
    }
  }
}

export function readHint(fields: CommandFields): string | Doc | undefined {
  const hint = fields.get('hint');
  if (hint === undefined || typeof hint === 'string') return hint;
  return fields.document('hint');
}
