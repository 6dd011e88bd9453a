import { isNoPlaceholder, type NamedSecret } from './secret-shapes.ts';

const names =
  '(?:pass(?:word|wd|phrase|wort)|pwd|secret|token|credential|contraseña|senha|(?<![a-z])(?:[a-z]{1,12}[-_ ]?)?key)';
const run = 'A-Za-z0-9+/_.~=-';
const charsMax = 128;
/** Letters and digits without a sign between. */
const unbroken = /[A-Za-z0-9]{16,}/;
/** A field of something, in code. */
const field = /^[A-Za-z_]+\.[A-Za-z_]/;
/** Where a key has no form, these words count within others too. */
const exampleWord = /your|dummy|sample|x{6}/i;

/** A key without a form of its maker: drawn at random, after a word such as `key`, `token`, `secret` or `password`. */
export const unknownSecret: NamedSecret = {
  kind: 'UNKNOWN_SECRET',
  what: 'a key',
  name: `${names}[A-Za-z0-9_-]{0,20}["'\\s:=>]{1,12}`,
  words: ['pass', 'pwd', 'secret', 'token', 'credential', 'contraseña', 'contraseÑa', 'senha', 'key'],
  body: `[${run}]{16,${charsMax}}`,
  run: `[${run}]{0,${charsMax}}`,
  accepts: (body) => {
    const found = unbroken.exec(body)?.[0];
    return (
      found !== undefined &&
      isNoPlaceholder(body) &&
      !exampleWord.test(body) &&
      !field.test(body) &&
      isDrawn(found)
    );
  },
};

/**
 * Whether letters and digits were drawn at random: capitals, small letters and digits change more often than in names and words. What is
 * hexadecimal alone is a hash or an id as well as a key, and passes.
 */
function isDrawn(text: string): boolean {
  if (/^[0-9a-f]+$/i.test(text)) return false;
  const digits = text.match(/\d/g)?.length ?? 0;
  const hasBothCases = /[a-z]/.test(text) && /[A-Z]/.test(text);
  if (digits === 0 || (!hasBothCases && text.length < 20)) return false;
  let changes = 0;
  for (let at = 1; at < text.length; at += 1) {
    if (classify(text.charCodeAt(at)) !== classify(text.charCodeAt(at - 1))) changes += 1;
  }
  return changes / (text.length - 1) >= (hasBothCases ? 0.4 : 0.2) && measureEntropy(text) >= 3;
}

function classify(unit: number): number {
  return unit < 0x40 ? 0 : unit < 0x60 ? 1 : 2;
}

/** Bits of a character, by how often each occurs in the text (Shannon). */
function measureEntropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
