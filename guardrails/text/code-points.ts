/** The UTF-16 offset of each of some offsets that count code points, as Python and Rust do; null: it is none of the text. */
export function toUtf16Offsets(text: string, offsets: readonly number[]): readonly (number | null)[] {
  const wanted = [...new Set(offsets)].sort((a, b) => a - b);
  const found = new Map<number, number>();
  let [at, codePoint] = [0, 0];
  for (const offset of wanted) {
    if (!Number.isInteger(offset) || offset < 0) continue;
    while (codePoint < offset && at < text.length) {
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      codePoint += 1;
    }
    if (codePoint === offset) found.set(offset, at);
  }
  return offsets.map((offset) => found.get(offset) ?? null);
}
