/** A text that stands in another one in disguise. */
export interface DisguisedText {
  readonly text: string;
  /** Its place in the one that was given. */
  readonly start: number;
  readonly end: number;
  /** As long as what is at its place, letter by letter. */
  readonly isAligned: boolean;
}

/** Runs that can be encoded text. Shorter ones hold too little, and longer ones are files. */
const base64 = /[A-Za-z0-9+/_-]{24,8192}={0,2}/g;
const hex = /(?:[0-9a-fA-F]{2}[ :,]?){12,4096}|(?:\\x[0-9a-fA-F]{2}){12,2048}|(?:%[0-9a-fA-F]{2}){12,2048}/g;
/** Letters with something between each two: "i g n o r e", "i-g-n-o-r-e". */
const spaced = /(?<!\p{L})\p{L}([ .\-_*|])(?:\p{L}\1){2,40}\p{L}(?!\p{L})/gu;
/** Tag characters show nothing and stand for ASCII. */
const tags = /[\u{e0020}-\u{e007e}]{4,2000}/gu;
/** Digits and signs within words. */
const signs: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const signsInWord = /[013457@$!]{1,4}(?=[a-zA-Z])|(?<=[a-zA-Z])[013457@$]{1,4}/g;
const readable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\s]*$/u;
const rotatedWords =
  /\b(?:vtaber|qvfertneq|sbetrg|bireevqr|sbyybj(?:vat)?|vafgehpgvbaf?|qverpgvirf?|ehyrf|cebzcg|flfgrz|cerivbhf)\b/i;
const reversedWords =
  /\b(?:erongi|dragersid|tegrof|edirrevo|wollof|s?noitcurtsni|s?evitcerid|selur|tpmorp|metsys|suoiverp)\b/i;

/** Texts of a source in base64, hexadecimal digits, tag characters, spaced letters, ROT13, reversed and with signs for letters, decoded once. */
export function* readDisguised(source: string): Generator<DisguisedText, void, void> {
  for (const { 0: run, index } of source.matchAll(base64)) {
    const text = decodeBytes(run, 'base64');
    if (text !== null) yield { text, start: index, end: index + run.length, isAligned: false };
  }
  for (const { 0: run, index } of source.matchAll(hex)) {
    const text = decodeBytes(run.replace(/[^0-9a-fA-F]|x(?=[0-9a-fA-F]{2})/g, ''), 'hex');
    if (text !== null) yield { text, start: index, end: index + run.length, isAligned: false };
  }
  for (const { 0: run, index } of source.matchAll(tags)) {
    const text = Array.from(run, (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000)).join('');
    yield { text, start: index, end: index + run.length, isAligned: false };
  }
  const whole = { start: 0, end: source.length };
  const joined = source.replace(spaced, (run) => run.replace(/[ .\-_*|]/g, ''));
  if (joined !== source) yield { text: joined, ...whole, isAligned: false };
  if (rotatedWords.test(source)) yield { text: rotate(source), ...whole, isAligned: true };
  if (reversedWords.test(source)) {
    yield { text: Array.from(source).toReversed().join(''), ...whole, isAligned: false };
  }
  const spelled = source.replace(signsInWord, (run) => run.replace(/./g, (sign) => signs[sign] ?? sign));
  if (spelled !== source) yield { text: spelled, ...whole, isAligned: true };
}

/** Null where it is no text. */
function decodeBytes(run: string, encoding: 'base64' | 'hex'): string | null {
  const text = Buffer.from(run, encoding).toString('utf8');
  return text.length >= 8 && !text.includes('\ufffd') && readable.test(text) && /\p{L}{3}/u.test(text)
    ? text
    : null;
}

function rotate(source: string): string {
  return source.replace(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}
