import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import { Random } from '../random.ts';

/** What operations name: the fields of documents (`list` and `items` are mostly arrays), some paths, one missing. */
export const PATHS = [
  'a',
  'b',
  'c',
  'list',
  'items',
  'sub',
  'sub.x',
  'sub.y',
  'items.x',
  'items.y',
  'list.0',
  'no',
];

/** Choices for documents and operations; `plain` leaves out the types that some servers drop the connection on. */
export class Choices extends Random {
  readonly plain: boolean;

  constructor(seed: number, plain: boolean) {
    super(seed);
    this.plain = plain;
  }
}

/** A few values of a type meet often, so that equality, order and duplicates matter. */
export const number = (random: Choices): unknown =>
  random.pick([
    () => new Int32(random.below(7) - 3),
    () => new Int32(random.pick([0, 1, 2, 2 ** 31 - 1, -(2 ** 31)])),
    () => new Double(random.below(12) / 2 - 3),
    () => new Double(random.pick(random.plain ? [0, 1.5, 2 ** 53] : DOUBLES)),
    () => Long.fromNumber(random.below(7) - 3),
    () => random.pick([Long.MAX_VALUE, Long.MIN_VALUE, Long.fromString('9007199254740993')]),
    () => (random.plain ? new Int32(1) : Decimal128.fromString(random.pick(DECIMALS))),
  ])();

const DOUBLES = [0, -0, 1.5, 1e300, -1e300, 2 ** 53, Infinity, -Infinity, NaN];
const DECIMALS = ['0', '1', '1.0', '1.5', '-2', '0.1', '1E+3', 'NaN', 'Infinity'];

export const smallInt = (random: Choices): Int32 => new Int32(random.below(7) - 3);

export const scalar = (random: Choices): unknown =>
  random.pick([
    () => number(random),
    () => number(random),
    () => random.pick(['', 'a', 'b', 'ab', 'abc', 'A', 'ä', '10', 'é']),
    () => random.pick(['', 'a', 'b', 'ab', 'abc', 'A', 'ä', '10', 'é']),
    () => null,
    () => random.chance(0.5),
    () => new Date(random.pick([0, 1, -1, 1_700_000_000_000])),
    () => new ObjectId(random.pick(['000000000000000000000001', 'ffffffffffffffffffffffff'])),
    () =>
      random.plain
        ? 'bytes'
        : new Binary(Buffer.from(random.pick(['', '00', '01ff', '0200'])), random.pick([0, 4, 128])),
    () => (random.plain ? true : new Timestamp({ t: random.below(2) + 1, i: random.below(3) })),
    () => (random.plain ? null : random.pick([new MinKey(), new MaxKey()])),
  ])();

export function value(random: Choices, depth = 2): unknown {
  const kind = depth === 0 ? 0 : random.below(10);
  if (kind === 9) return random.many(random.below(4), () => value(random, depth - 1));
  if (kind === 8) return subdocument(random, depth - 1);
  return scalar(random);
}

export const subdocument = (random: Choices, depth = 1): Record<string, unknown> => ({
  ...(random.chance(0.8) ? { x: value(random, depth) } : {}),
  ...(random.chance(0.5) ? { y: value(random, depth) } : {}),
});

/** A document of the test's shape; any field can be missing or of another type than usual. */
export function document(random: Choices, id: number): Record<string, unknown> {
  const of = (usual: () => unknown): unknown => (random.chance(0.85) ? usual() : value(random));
  const fields: [string, () => unknown][] = [
    ['a', () => smallInt(random)],
    ['b', () => number(random)],
    ['c', () => scalar(random)],
    ['list', () => random.many(random.below(5), () => scalar(random))],
    ['items', () => random.many(random.below(4), () => subdocument(random))],
    ['sub', () => subdocument(random)],
  ];
  return Object.fromEntries([
    ['_id', new Int32(id)],
    ...fields.filter(() => random.chance(0.85)).map(([name, usual]) => [name, of(usual)]),
  ]);
}
