import type { Draw } from '../random.ts';

const homoglyphs: Readonly<Record<string, string>> = { a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', i: 'і' };
const digits: Readonly<Record<string, string>> = { o: '0', i: '1', e: '3', a: '4', s: '5' };

/** Ways to write a text so that people, or AI models, still read it. */
export const disguises = {
  capitals: (text) => text.toUpperCase(),
  wide: (text) => text.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
  zeroWidth: (text) => text.replace(/(?<=\p{L})(?=\p{L}\p{L})/gu, '\u200b'),
  softHyphens: (text) => text.replace(/(?<=\p{L}\p{L})(?=\p{L}\p{L})/gu, '\u00ad'),
  homoglyphs: (text) => text.replace(/(?<=[a-z])[aeopci]/, (one) => homoglyphs[one] ?? one),
  digits: (text) => text.replace(/(?<=[a-z])[oieas](?=[a-z])/g, (one) => digits[one] ?? one),
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  percent: (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
  rot13: (text) =>
    text.replace(/[a-z]/gi, (one) => {
      const base = one <= 'Z' ? 65 : 97;
      return String.fromCharCode(((one.charCodeAt(0) - base + 13) % 26) + base);
    }),
  spaced: (text) => text.replace(/\p{L}+/gu, (word) => Array.from(word).join('-')),
} as const satisfies Readonly<Record<string, (text: string) => string>>;

export type Disguise = keyof typeof disguises;

/** The text in one of these disguises. */
export function disguise(text: string, from: readonly Disguise[], draw: Draw): string {
  return disguises[draw.pick(from)](text);
}
