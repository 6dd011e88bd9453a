import { findInParts } from '../text/find-in-parts.ts';
import { toVisible } from '../text/visible-text.ts';
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

/** Searches texts for credentials of some shapes. Without state; made once per set of shapes. */
export class SecretSearch {
  readonly #starts: RegExp;
  readonly #byStart = new Map<string, readonly Searched[]>();
  readonly #named: readonly (NamedSecret & { readonly pattern: RegExp; readonly growing: RegExp })[];
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
    this.#starts = new RegExp(starts.map(quote).join('|'), 'g');
    const partials = new Set(starts.flatMap((start) => [...start].map((_, at) => start.slice(0, at + 1))));
    this.#partial = new RegExp(`(?:${[...partials].sort(byLength).map(quote).join('|')})$`);
  }

  /** In time linear in the length; in the order of their places, and apart from each other. */
  find(text: string, format?: 'TEXT' | 'JSON'): readonly FoundSecret[] {
    const visible = toVisible(text, format);
    return this.#findIn(visible.text).map(({ kind, what, start, end }) => ({
      kind,
      what,
      start: visible.toStart(start),
      end: visible.toEnd(end),
    }));
  }

  #findIn(text: string): readonly FoundSecret[] {
    const found: FoundSecret[] = [];
    this.#starts.lastIndex = 0;
    for (let match = this.#starts.exec(text); match !== null; match = this.#starts.exec(text)) {
      const { index } = match;
      const secret = this.#findAt(text, index, match[0]);
      // A placeholder may hold the beginning of a key.
      this.#starts.lastIndex = secret?.end ?? index + 1;
      if (secret !== null) found.push(secret);
    }
    for (const { kind, what, pattern, accepts } of this.#named) {
      pattern.lastIndex = 0;
      for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
        const [start, end] = match.indices?.[1] ?? [0, 0];
        if (accepts(match[1] ?? '')) found.push({ kind, what, start, end });
      }
    }
    return found.length < 2 ? found : apart(found);
  }

  #findAt(text: string, index: number, start: string): FoundSecret | null {
    for (const shape of this.#byStart.get(start) ?? []) {
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
    this.#starts.lastIndex = 0;
    for (let match = this.#starts.exec(tail); match !== null; match = this.#starts.exec(tail)) {
      const { index } = match;
      for (const { growing, before } of this.#byStart.get(match[0]) ?? []) {
        growing.lastIndex = index;
        if (!growing.test(tail)) continue;
        const head = before?.exec(tail.slice(Math.max(0, index - beforeCharsMax), index))?.[0];
        return index - (head?.length ?? 0);
      }
      this.#starts.lastIndex = index + 1;
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

/** Those in their order that do not overlap one before. */
function apart(found: readonly FoundSecret[]): readonly FoundSecret[] {
  const result: FoundSecret[] = [];
  let at = 0;
  for (const secret of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (secret.start < at) continue;
    result.push(secret);
    at = secret.end;
  }
  return result;
}

/** Every shape. */
export const everySecret = new SecretSearch(secretShapes, namedSecrets);

/** The kind of credential that a text holds, with its article; null for none. Takes time linear in the text's length. */
export function findSecret(text: string): string | null {
  return everySecret.find(text)[0]?.what ?? null;
}

/** Parts of a long text, with what is looked at before and after each: longer than nearly any secret. */
const [partLength, around] = [65_536, [256, 8_192]] as const;

/** As `search.find`, for a text of any length: other work of the process gets its turn meanwhile. */
export function findSecretsPausing(
  text: string,
  search: SecretSearch,
  format?: 'TEXT' | 'JSON',
): Promise<readonly FoundSecret[]> {
  return findInParts(text, partLength, around, (part) => search.find(part, format));
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
