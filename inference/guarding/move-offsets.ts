import type { ProviderAnswer } from '#providers/provider.ts';

/** Pairs of pieces that are compared, which bounds the time for a text: at 1,000 × 1,000, about 10 ms. */
const pairsMax = 1_000_000;
const piece = /\s+|[\p{L}\p{N}]+|./gsu;

/**
 * The answer in which blocks and the texts of the outline have their places in the text as it was before, with places in the text as it is.
 * What stands in the place of a value is where the value was.
 */
export function moveOffsets(
  { extras, ...answer }: Partial<ProviderAnswer>,
  before: string,
): Partial<ProviderAnswer> {
  const { text: after } = answer;
  if (extras === undefined) return answer;
  const { providerBlocks, outline } = extras;
  if (after === undefined || after === before || (providerBlocks ?? outline) === undefined)
    return { ...answer, extras };
  const move = findPlaces(before, after);
  return {
    ...answer,
    extras: {
      ...extras,
      ...(providerBlocks === undefined
        ? {}
        : { providerBlocks: providerBlocks.map((one) => ({ ...one, textOffset: move(one.textOffset) })) }),
      ...(outline === undefined
        ? {}
        : {
            outline: outline.map((item) =>
              item.kind === 'TEXT' ? { ...item, index: move(item.index) } : item,
            ),
          }),
    },
  };
}

/** Where an offset of one text is in another one that it was changed to. */
function findPlaces(before: string, after: string): (offset: number) => number {
  const shared = Math.min(before.length, after.length);
  let head = 0;
  while (head < shared && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shared - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const [oldEnd, newEnd] = [before.length - tail, after.length - tail];
  let places: ReadonlyMap<number, number> | undefined;
  return (offset) => {
    if (offset <= head) return offset;
    if (offset >= oldEnd) return offset + newEnd - oldEnd;
    places ??= alignPieces(before.slice(head, oldEnd), after.slice(head, newEnd));
    let start = offset - head;
    // Within a piece, its beginning counts; what is too long to compare has its end alone.
    while (start > 0 && !places.has(start)) start -= 1;
    return head + (places.get(start) ?? newEnd - head);
  };
}

/** For each beginning of a piece of the one text its place in the other, by their longest common sequence of pieces. */
function alignPieces(before: string, after: string): ReadonlyMap<number, number> {
  const [olds, news] = [before.match(piece) ?? [], after.match(piece) ?? []];
  const width = news.length + 1;
  const places = new Map<number, number>();
  if (olds.length * news.length > pairsMax) return places;
  const common = new Uint16Array((olds.length + 1) * width);
  const read = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = olds.length - 1; i >= 0; i--) {
    for (let j = news.length - 1; j >= 0; j--) {
      common[i * width + j] =
        olds[i] === news[j] ? read(i + 1, j + 1) + 1 : Math.max(read(i + 1, j), read(i, j + 1));
    }
  }
  let [i, j, oldAt, newAt] = [0, 0, 0, 0];
  while (i < olds.length) {
    if (!places.has(oldAt)) places.set(oldAt, newAt);
    const [old = '', fresh] = [olds[i], news[j]];
    const isSame = old === fresh;
    // What stands in the place of a piece comes before what follows the piece.
    if (fresh !== undefined && (isSame || read(i, j + 1) >= read(i + 1, j))) {
      newAt += fresh.length;
      j += 1;
      if (!isSame) continue;
    }
    oldAt += old.length;
    i += 1;
  }
  return places;
}
