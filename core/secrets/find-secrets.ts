import { findInParts, withoutOverlaps } from '../text/find-in-parts.ts';
import { toVisible } from '../text/visible-text.ts';
import { createWordScan, type WordHits, type WordScan } from '../text/word-scan.ts';
import { asciiCaseAliases } from '../text/word-table.ts';
import { type NamedSecret, namedSecrets, type SecretShape, secretShapes } from './secret-shapes.ts';

/** A credential at its place: UTF-16 offsets in the text that was given. */
export interface FoundSecret {
  readonly kind: string;
  /** With its article, for messages. */
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

const heldCharsMax = 200;
const beforeCharsMax = 48;

/** A shape that is ready to search. */
interface Searched extends SecretShape {
  /** Sticky: one of its starts and the rest. */
  readonly whole: RegExp;
  /** One of its starts, and nothing but its own characters up to the end of the text. */
  readonly growing: RegExp;
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

function byLength(a: string, b: string): number {
  return b.length - a.length;
}

/** A named secret that is ready to search. */
interface SearchedName extends NamedSecret {
  readonly pattern: RegExp;
  readonly growing: RegExp;
}

/**
 * Searches texts for credentials of some shapes: one pass finds where they can begin, and their patterns are only tried there. Made once per
 * set of shapes.
 */
export class SecretSearch {
  /** Sticky: the longest start. */
  readonly #starts: RegExp;
  readonly #scan: WordScan;
  /** The characters of the longest word of the scan. */
  readonly #wordMax: number;
  /** By word of the scan: what it begins or names. */
  readonly #scanned: readonly ({ readonly length: number } | SearchedName)[];
  readonly #byStart = new Map<string, readonly Searched[]>();
  readonly #named: readonly SearchedName[];
  /** The beginning of a start at the end of a text. */
  readonly #partial: RegExp;

  constructor(shapes: readonly SecretShape[], named: readonly NamedSecret[]) {
    this.#named = named.map((one) => ({
      ...one,
      pattern: new RegExp(`${one.name}(${one.body})`, 'dgi'),
      growing: new RegExp(`${one.name}(${one.run})$`, 'di'),
    }));
    const searched = shapes.map((shape): Searched => {
      const start = `(?:${[...shape.starts].sort(byLength).map(quote).join('|')})`;
      return {
        ...shape,
        whole: new RegExp(`${start}${shape.body}`, 'dy'),
        growing: new RegExp(`${start}[${shape.run}]*$`, 'y'),
      };
    });
    const starts = [...new Set(shapes.flatMap((shape) => shape.starts))].sort(byLength);
    for (const start of starts) {
      this.#byStart.set(
        start,
        searched.filter((shape) => shape.starts.some((one) => start.startsWith(one))),
      );
    }
    this.#starts = new RegExp(starts.map(quote).join('|'), 'y');
    const words = [...starts, ...named.flatMap((one) => one.words)];
    this.#scan = createWordScan(words, asciiCaseAliases);
    this.#wordMax = Math.max(...words.map(({ length }) => length));
    this.#scanned = [
      ...starts.map(({ length }) => ({ length })),
      ...this.#named.flatMap((one) => one.words.map(() => one)),
    ];
    const partials = new Set(starts.flatMap((start) => [...start].map((_, at) => start.slice(0, at + 1))));
    this.#partial = new RegExp(`(?:${[...partials].sort(byLength).map(quote).join('|')})$`);
  }

  /** In time linear in the length; in the order of their places, and apart from each other. */
  find(text: string, format?: 'TEXT' | 'JSON'): readonly FoundSecret[] {
    const visible = toVisible(text, format);
    return this.findVisible(visible.text).map(({ kind, what, start, end }) => ({
      kind,
      what,
      start: visible.toStart(start),
      end: visible.toEnd(end),
    }));
  }

  /** The same for a text without what a reader does not see (`toVisible`); what begins at `until` or behind it may be left out. */
  findVisible(text: string, until = text.length): readonly FoundSecret[] {
    const found: FoundSecret[] = [];
    const hits = this.#scan(text, until + beforeCharsMax + this.#wordMax);
    if (hits.count === 0) return found;
    const named = this.#readNamed(hits);
    let from = 0;
    for (const index of this.#readPlaces(hits)) {
      if (index < from) continue;
      const secret = this.#findAt(text, index);
      if (secret === null) continue;
      found.push(secret);
      // A placeholder may hold the beginning of a key.
      from = secret.end;
    }
    for (const { kind, what, pattern, accepts } of named) {
      pattern.lastIndex = 0;
      for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
        const [start, end] = match.indices?.[1] ?? [0, 0];
        if (accepts(match[1] ?? '')) found.push({ kind, what, start, end });
      }
    }
    return withoutOverlaps(found);
  }

  /** Where one of the starts stands, or is written in another case, in ascending order. */
  #readPlaces({ count, words, ends }: WordHits): readonly number[] {
    const places = new Set<number>();
    for (let hit = 0; hit < count; hit += 1) {
      const scanned = this.#scanned[words[hit] as number];
      if (scanned !== undefined && 'length' in scanned) places.add((ends[hit] as number) - scanned.length);
    }
    return places.size < 2 ? [...places] : [...places].sort((a, b) => a - b);
  }

  /** The named secrets of which a word stands in the text. */
  #readNamed({ count, words }: WordHits): readonly SearchedName[] {
    const named = new Set<SearchedName>();
    for (let hit = 0; hit < count; hit += 1) {
      const scanned = this.#scanned[words[hit] as number];
      if (scanned !== undefined && 'pattern' in scanned) named.add(scanned);
    }
    return named.size < 2 ? [...named] : this.#named.filter((one) => named.has(one));
  }

  #shapesAt(text: string, index: number): readonly Searched[] {
    this.#starts.lastIndex = index;
    return this.#byStart.get(this.#starts.exec(text)?.[0] ?? '') ?? [];
  }

  #findAt(text: string, index: number): FoundSecret | null {
    for (const shape of this.#shapesAt(text, index)) {
      const { kind, what, whole, before, isNamed, accepts } = shape;
      whole.lastIndex = index;
      const match = whole.exec(text);
      if (match === null) continue;
      const head =
        before === undefined ? '' : before.exec(text.slice(Math.max(0, index - beforeCharsMax), index))?.[0];
      if (head === undefined) continue;
      const body = match[1] ?? match[0];
      const isInsideWord = /[aeiou]/i.test(text[index - 1] ?? '');
      if (accepts !== undefined && !accepts(body, isInsideWord)) continue;
      const [from, to] = (isNamed === true ? match.indices?.[1] : undefined) ?? [
        index - head.length,
        whole.lastIndex,
      ];
      return { kind, what, start: from, end: to };
    }
    return null;
  }

  /** The offset from which the end of a text may still become a secret, or one that grows; at most 200 characters before the end. */
  holdFrom(text: string): number {
    const cut = Math.max(0, text.length - heldCharsMax);
    const visible = toVisible(text.slice(cut));
    return cut + visible.toStart(this.#holdIn(visible.text));
  }

  #holdIn(tail: string): number {
    for (const index of this.#readPlaces(this.#scan(tail))) {
      for (const { growing, before } of this.#shapesAt(tail, index)) {
        growing.lastIndex = index;
        if (!growing.test(tail)) continue;
        const head = before?.exec(tail.slice(Math.max(0, index - beforeCharsMax), index))?.[0];
        return index - (head?.length ?? 0);
      }
    }
    let held = Math.min(
      this.#partial.exec(tail)?.index ?? tail.length,
      longRun.exec(tail)?.index ?? tail.length,
    );
    for (const { growing } of this.#named)
      held = Math.min(held, growing.exec(tail)?.indices?.[1]?.[0] ?? held);
    return held;
  }
}

/** What may stand before the start of a shape: the beginning of a run that is no word, and that of a client secret. */
const longRun = /(?=[A-Za-z0-9]{0,40}\d)[A-Za-z0-9]{8,84}$|[A-Za-z0-9_~.-]{0,3}\dQ?$/;

/** Every shape. */
export const everySecret = new SecretSearch(secretShapes, namedSecrets);

/** The kind of credential that a text holds, with its article; null for none. Takes time linear in the text's length. */
export function findSecret(text: string): string | null {
  return everySecret.find(text)[0]?.what ?? null;
}

/** Parts of a long text, with what is looked at before and after each: longer than nearly any secret. */
export const secretParts = { length: 65_536, around: [256, 8_192] } as const;

/** What is found in a text of any length, by what finds secrets in a part of it: other work of the process gets its turn meanwhile. */
export function findSecretsPausing(
  text: string,
  find: (part: string) => readonly FoundSecret[],
): Promise<readonly FoundSecret[]> {
  return findInParts(text, secretParts.length, secretParts.around, find);
}

/** The text with `***` in the place of every credential; the same text where it holds none. */
export function redactSecrets(text: string): string {
  let redacted = '';
  let at = 0;
  for (const { start, end } of everySecret.find(text)) {
    redacted += `${text.slice(at, start)}***`;
    at = end;
  }
  return redacted + text.slice(at);
}
