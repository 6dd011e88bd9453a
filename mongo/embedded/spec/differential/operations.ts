import { type Document, Int32 } from 'bson';
import { type Choices, document, number, PATHS, scalar, smallInt, subdocument, value } from './values.ts';

const COMPARISONS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte'] as const;

function condition(random: Choices): unknown {
  return random.pick<() => unknown>([
    () => value(random),
    () => smallInt(random),
    () => ({ [random.pick(COMPARISONS)]: random.chance(0.6) ? number(random) : value(random) }),
    () => ({ $gte: smallInt(random), $lt: number(random) }),
    () => ({ [random.pick(['$in', '$nin'])]: random.many(random.below(4), () => scalar(random)) }),
    () => ({ $exists: random.chance(0.5) }),
    () => ({ $type: random.pick(['number', 'int', 'string', 'array', 'object', 'null', 'double', 'long']) }),
    () => ({ $size: random.below(4) }),
    () => ({ $all: random.many(random.below(3), () => scalar(random)) }),
    () => ({ $mod: [random.below(3) + 1, random.below(3)] }),
    () => ({ $elemMatch: random.chance(0.5) ? { $gt: number(random) } : { x: condition(random) } }),
    () => ({ $not: { [random.pick(COMPARISONS)]: scalar(random) } }),
    () => ({ $regex: random.pick(['^a', 'b$', '^ab', '.', 'A']), $options: random.pick(['', 'i']) }),
    () => ({ $bitsAnySet: random.below(8) }),
  ])();
}

function filter(random: Choices, depth = 2): Document {
  const kind = depth === 0 ? 0 : random.below(8);
  if (kind === 7) {
    const branches = random.many(random.below(2) + 1, () => filter(random, depth - 1));
    return { [random.pick(['$and', '$or', '$nor'])]: branches };
  }
  if (kind === 6) return { _id: { $gte: random.below(10), $lt: random.below(30) } };
  const paths = random.many(random.below(2) + 1, () => random.pick(PATHS));
  return Object.fromEntries(paths.map((path) => [path, condition(random)]));
}

function update(random: Choices): Document {
  const path = () => random.pick(PATHS);
  return random.pick<() => Document>([
    () => ({ $set: { [path()]: value(random) } }),
    () => ({ $set: { c: scalar(random), 'sub.z': value(random) }, $inc: { a: smallInt(random) } }),
    () => ({ $unset: { [path()]: '' } }),
    () => ({ $inc: { [path()]: number(random) } }),
    () => ({ [random.pick(['$min', '$max'])]: { [path()]: value(random) } }),
    () => ({ $rename: { [random.pick(['a', 'sub.x', 'no'])]: random.pick(['d', 'sub.w']) } }),
    () => ({ $push: { [random.pick(['list', 'items', 'a', 'no'])]: value(random) } }),
    () => ({
      $push: {
        list: {
          $each: random.many(random.below(4), () => scalar(random)),
          ...(random.chance(0.5) ? { $position: random.below(6) - 2 } : {}),
          ...(random.chance(0.5) ? { $slice: random.below(8) - 4 } : {}),
          ...(random.chance(0.3) ? { $sort: random.pick([1, -1]) } : {}),
        },
      },
    }),
    () => ({
      $push: { items: { $each: [subdocument(random)], $sort: { x: random.pick([1, -1]) }, $slice: -4 } },
    }),
    () => ({
      $addToSet: { list: random.chance(0.5) ? scalar(random) : { $each: [scalar(random), number(random)] } },
    }),
    () => ({ $pull: { list: random.chance(0.5) ? scalar(random) : { $gte: number(random) } } }),
    () => ({ $pull: { items: { x: condition(random) } } }),
    () => ({ $pullAll: { list: random.many(2, () => scalar(random)) } }),
    () => ({ $pop: { list: random.pick([1, -1]) } }),
    () => ({ $set: { 'list.$[]': scalar(random) } }),
    () => ({ $set: { 'items.$[].y': scalar(random) } }),
    () => ({ $setOnInsert: { b: scalar(random) }, $set: { c: scalar(random) } }),
  ])();
}

const sortSpec = (random: Choices): Document => ({
  ...(random.chance(0.8) ? { [random.pick(PATHS)]: random.pick([1, -1]) } : {}),
  ...(random.chance(0.3) ? { [random.pick(PATHS)]: random.pick([1, -1]) } : {}),
  _id: 1,
});

const projection = (random: Choices): Document =>
  random.pick<() => Document>([
    () => ({ [random.pick(PATHS)]: 1, [random.pick(PATHS)]: 1 }),
    () => ({ [random.pick(PATHS)]: 0 }),
    () => ({ _id: 0, a: 1, 'items.x': 1 }),
    () => ({ list: { $slice: random.below(6) - 3 } }),
    () => ({ items: { $elemMatch: { x: condition(random) } } }),
  ])();

/** Results are compared as sets, so skips and limits stand only behind a total order. */
function pipeline(random: Choices): Document[] {
  const path = () => `$${random.pick(PATHS)}`;
  const cuts: (() => Document[])[] = [
    () => [],
    () => [{ $sort: sortSpec(random) }, { $limit: random.below(9) + 1 }],
    () => [{ $sort: sortSpec(random) }, { $skip: random.below(4) }],
  ];
  const changes: (() => Document)[] = [
    () => ({ $project: { _id: 1, v: path(), n: { $ifNull: [path(), 'none'] } } }),
    () => ({
      $addFields: { t: { $type: path() }, e: { $eq: [path(), path()] }, c: { $gt: [path(), path()] } },
    }),
    () => ({ $addFields: { s: { $cond: [{ $gt: [path(), 0] }, path(), 'low'] } } }),
    () => ({
      $addFields: { s: { $size: { $cond: [{ $eq: [{ $type: '$list' }, 'array'] }, '$list', []] } } },
    }),
    () => ({ $unwind: random.chance(0.5) ? '$list' : { path: '$items', preserveNullAndEmptyArrays: true } }),
    () => ({ $match: filter(random) }),
  ];
  const ends: (() => Document[])[] = [
    () => [],
    () => [{ $group: { _id: path(), n: { $sum: 1 }, all: { $push: '$a' } } }, { $unset: 'all' }],
    () => [{ $group: { _id: '$a', low: { $min: path() }, high: { $max: path() }, sum: { $sum: '$a' } } }],
    () => [{ $group: { _id: null, sum: { $sum: '$a' }, n: { $sum: 1 } } }],
    () => [{ $count: 'n' }],
  ];
  return [
    ...(random.chance(0.6) ? [{ $match: filter(random) }] : []),
    ...random.pick(cuts)(),
    ...random.many(random.below(3), () => random.pick(changes)()),
    ...random.pick(ends)(),
  ];
}

/** One random command on the collection; `nextId` gives ids that are mostly new. */
export function command(random: Choices, collection: string, nextId: () => number): Document {
  const id = () => (random.chance(0.8) ? nextId() : random.below(20));
  return random.pick<() => Document>([
    () => ({
      insert: collection,
      documents: random.many(random.below(3) + 1, () => document(random, id())),
      ordered: random.chance(0.5),
    }),
    () => ({
      find: collection,
      filter: filter(random),
      sort: sortSpec(random),
      ...(random.chance(0.4) ? { projection: projection(random) } : {}),
      ...(random.chance(0.2) ? { skip: random.below(3), limit: random.below(5) } : {}),
    }),
    () => ({ find: collection, filter: filter(random), sort: { _id: 1 } }),
    () => ({
      update: collection,
      updates: [{ q: filter(random), u: update(random), multi: true }],
    }),
    () => ({
      update: collection,
      updates: [{ q: { _id: new Int32(id()) }, u: update(random), upsert: random.chance(0.3) }],
    }),
    () => ({ update: collection, updates: [{ q: { _id: id() }, u: withoutId(document(random, 0)) }] }),
    () => ({ delete: collection, deletes: [{ q: { _id: { $lt: 30 }, ...filter(random) }, limit: 0 }] }),
    () => ({ delete: collection, deletes: [{ q: { _id: id() }, limit: 0 }] }),
    () => ({
      findAndModify: collection,
      query: filter(random),
      sort: { _id: 1 },
      ...(random.chance(0.7) ? { update: update(random), new: random.chance(0.5) } : { remove: true }),
    }),
    () => ({ count: collection, query: filter(random) }),
    () => ({ distinct: collection, key: random.pick(PATHS), query: filter(random) }),
    () => ({ aggregate: collection, pipeline: pipeline(random), cursor: {} }),
  ])();
}

function withoutId({ _id, ...others }: Record<string, unknown>): Document {
  return others;
}
