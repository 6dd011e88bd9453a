import { endOfString } from '#core/json/json-depth.ts';
import { readShortEscape } from '#core/json/json-escapes.ts';
import { Offsets } from '#core/text/offsets.ts';
import type { GuardedText } from '../guardrail.ts';

/** A stretch of a text as its reader sees it: a text, or one string or number within JSON, without its escapes. */
export interface GuardedPiece {
  readonly text: string;
  /** The place in the guarded text of a place in this one. */
  place(start: number, end: number): { readonly start: number; readonly end: number };
}

/** What stands between the strings of a JSON text. */
const structure = /true|false|null|-?\d[\d.eE+-]*|[\s,:[\]{}]+/g;
const number = /-?\d[\d.eE+-]*/g;
const jsonEscape = /\\(?:u([\da-fA-F]{4})|([\s\S]))/g;

/** The pieces of a text, or of a part of one, in their order. A finding within a piece can be replaced and leaves JSON as JSON. */
export function* readPieces({ text, format }: Pick<GuardedText, 'text' | 'format'>): Generator<GuardedPiece> {
  if (format === 'TEXT') {
    yield { text, place: (start, end) => ({ start, end }) };
    return;
  }
  let isInString = false;
  for (let at = 0; at <= text.length; isInString = !isInString) {
    const end = endOfString(text, at - 1);
    const part = text.slice(at, end);
    // A part of a text that still grows may begin within a string, and then what seems to stand between strings is one.
    if (isInString || part.replace(structure, '') !== '') yield createPiece(part, at);
    else for (const match of part.matchAll(number)) yield createPiece(match[0], at + match.index);
    at = end + 1;
  }
}

function createPiece(source: string, from: number): GuardedPiece {
  if (!source.includes('\\')) {
    return { text: source, place: (start, end) => ({ start: from + start, end: from + end }) };
  }
  const offsets = new Offsets();
  let text = '';
  let at = 0;
  for (const { 0: written, 1: code, 2: short = '', index } of source.matchAll(jsonEscape)) {
    text += source.slice(at, index);
    at = index + written.length;
    offsets.add(text.length, text.length + 1, index, at);
    text += code === undefined ? readShortEscape(short) : String.fromCharCode(Number.parseInt(code, 16));
  }
  text += source.slice(at);
  return {
    text,
    place: (start, end) => ({
      start: from + offsets.toSourceStart(start),
      end: from + offsets.toSourceEnd(end),
    }),
  };
}
