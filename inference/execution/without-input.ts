/** Characters of an error that are kept. */
const charactersMax = 500;
/** A run of the input of so many characters, or more, is not kept. */
const runMin = 12;
/** Every run of `runMin` covers a piece of the input that begins at a multiple of this length. */
const pieceLength = runMin / 2;

/** All texts in a value of JSON, the names of its properties included. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const item of value) yield* textsIn(item);
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const [name, item] of Object.entries(value)) {
      yield name;
      yield* textsIn(item);
    }
  }
}

/** Where each piece of the text begins. */
function splitPieces(text: string): Map<string, number[]> {
  const pieces = new Map<string, number[]>();
  for (let at = 0; at + pieceLength <= text.length; at++) {
    const piece = text.slice(at, at + pieceLength);
    const known = pieces.get(piece);
    if (known === undefined) pieces.set(piece, [at]);
    else known.push(at);
  }
  return pieces;
}

/**
 * The error as the ledger keeps it: short, and without what a provider repeated of the input, so that whoever reads a
 * row of another tenant learns why a call failed and not what was requested.
 */
export function withoutInput(error: string, input: unknown): string {
  const text = error.slice(0, charactersMax);
  const pieces = splitPieces(text);
  const repeated = new Uint8Array(text.length);
  for (const given of textsIn(input)) {
    for (let at = 0; at + pieceLength <= given.length; at += pieceLength) {
      for (const start of pieces.get(given.slice(at, at + pieceLength)) ?? []) {
        if (repeated[start] === 0) markRun(text, start, given, at, repeated);
      }
    }
  }
  return repeated.includes(1) ? shortened(text, repeated) : text;
}

/** True when the input has `pieceLength` characters in a row of these words, or all of them, in any case of letters. */
export function repeatsPart(words: string, input: unknown): boolean {
  const lower = words.toLowerCase();
  const length = Math.min(pieceLength, lower.length);
  const pieces = Array.from({ length: lower.length - length + 1 }, (_, at) => lower.slice(at, at + length));
  for (const given of textsIn(input)) {
    const text = given.toLowerCase();
    if (pieces.some((piece) => text.includes(piece))) return true;
  }
  return false;
}

/** Marks the run around the place that both have in common, where it is long enough. */
function markRun(text: string, start: number, given: string, at: number, repeated: Uint8Array): void {
  let before = 0;
  while (start > before && at > before && text[start - before - 1] === given[at - before - 1]) before++;
  let after = pieceLength;
  while (
    start + after < text.length &&
    at + after < given.length &&
    text[start + after] === given[at + after]
  ) {
    after++;
  }
  if (before + after >= runMin) repeated.fill(1, start - before, start + after);
}

/** The text with an ellipsis for each marked run. */
function shortened(text: string, repeated: Uint8Array): string {
  let kept = '';
  for (let at = 0; at < text.length; at++) {
    if (repeated[at] === 0) kept += text[at];
    else if (at === 0 || repeated[at - 1] === 0) kept += '…';
  }
  return kept;
}
