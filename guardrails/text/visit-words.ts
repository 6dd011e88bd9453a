/** Scripts that write no spaces: each character is a word. */
const dense = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const wordCharacter = /[\p{L}\p{N}\p{M}]/u;

const [unknown, between, withinWord, wholeWord] = [0, 1, 2, 3];

/** What each UTF-16 unit is, once it has been seen. */
const seen = new Uint8Array(65_536);

function classify(character: string): number {
  if (dense.test(character)) return wholeWord;
  return wordCharacter.test(character) ? withinWord : between;
}

/** Visits the words of a text in their order: runs of letters, marks and digits, or a character of a script without spaces. */
export function visitWords(text: string, visit: (start: number, end: number) => void): void {
  let start = -1;
  let width = 1;
  for (let at = 0; at < text.length; at += width) {
    const unit = text.charCodeAt(at);
    width = 1;
    let is = seen[unit] ?? unknown;
    if (is === unknown) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      width = character.length;
      is = classify(character);
      // A unit of a pair is no character alone.
      if (unit < 0xd800 || unit > 0xdfff) seen[unit] = is;
    }
    if (is === withinWord) {
      if (start < 0) start = at;
      continue;
    }
    if (start >= 0) visit(start, at);
    start = -1;
    if (is === wholeWord) visit(at, at + width);
  }
  if (start >= 0) visit(start, text.length);
}
