import { Offsets } from '#core/text/offsets.ts';
import type { VisibleText } from '#core/text/visible-text.ts';

/** Escapes of printable ASCII in URLs, HTML and strings of code. The semicolon behind a decimal reference may be left out, as browsers let it. */
const escapes =
  /%([2-7][\da-f])|&#x0{0,4}([2-7][\da-f]);|&#0{0,4}(3[2-9]|[4-9]\d|1[01]\d|12[0-6]);?|&(commat|plus|period|lowbar|nbsp);|\\(?:u00|x)([2-7][\da-f])/gi;
const named: Readonly<Record<string, string>> = {
  commat: '@',
  plus: '+',
  period: '.',
  lowbar: '_',
  nbsp: ' ',
};

/**
 * The text with the escapes of URLs, HTML and strings of code undone, once: `ann%40x.com`, `ann&#64;x.com` and `ann\u0040x.com` as `ann@x.com`. Takes time linear in
 * the length.
 */
export function readUnescaped(text: string): VisibleText {
  const offsets = new Offsets();
  let unescaped = '';
  let from = 0;
  for (const found of text.matchAll(escapes)) {
    unescaped += text.slice(from, found.index);
    from = found.index + found[0].length;
    offsets.add(unescaped.length, unescaped.length + 1, found.index, from);
    unescaped += readEscape(found);
  }
  return {
    text: unescaped + text.slice(from),
    toStart: (offset) => offsets.toSourceStart(offset),
    toEnd: (offset) => offsets.toSourceEnd(offset),
  };
}

function readEscape([, percent, hex, decimal, name, code]: RegExpExecArray): string {
  if (name !== undefined) return named[name.toLowerCase()] ?? '';
  const digits = percent ?? hex ?? code;
  return String.fromCharCode(digits === undefined ? Number(decimal) : Number.parseInt(digits, 16));
}
