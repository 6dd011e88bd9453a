import { wordEdge } from '#core/text/word-scan.ts';

/** Words of which every match of a pattern holds at least one. A `wordEdge` at an end stands for \b or white space. */
export type Clause = readonly string[];

/** What every match of one alternative of a pattern holds: a word of each clause. */
export interface NeededWords {
  /** The strongest ones; empty: nothing is known of its matches. */
  readonly clauses: readonly Clause[];
  /** UTF-16 units of its longest match. */
  readonly lengthMax: number;
}

/** Strings that are distinguished in one place of a pattern. More are only known by their clause. */
const exactMax = 256;
const clausesMax = 4;
/** Longer words find no more than their beginnings. */
const wordCharsMax = 10;
/** Characters of a class that are distinguished. */
const classCharsMax = 8;

/** What is known of a part of a pattern. */
interface Part {
  /** All strings that it matches; null: too many. */
  readonly exact: readonly string[] | null;
  readonly clauses: readonly Clause[];
  readonly lengthMax: number;
  /** Every match begins with white space. */
  readonly startsInSpace?: boolean;
  /** Every match that is not empty ends in white space. */
  readonly endsInSpace?: boolean;
  /** Of a part that is not exact: it can match nothing. */
  readonly isOptional?: boolean;
}

const nothing: Part = { exact: [''], clauses: [], lengthMax: 0 };
const edge: Part = { exact: [wordEdge], clauses: [], lengthMax: 0 };
const space: Part = { exact: null, clauses: [], lengthMax: 1, startsInSpace: true, endsInSpace: true };

/**
 * Reads which words the matches of a regular expression need, as RE2's prefilter does, so that the expression is only tried near them.
 * Knows the syntax of patterns of words: groups without captures, classes, \b, ^, looks around, and repetitions with a limit. Throws over any other.
 *
 * @param source valid with the flag `u`, whose matches are not empty
 */
export function readNeededWords(source: string): readonly NeededWords[] {
  const reader = new PatternReader(source);
  const alternatives = reader.readAlternatives();
  if (!reader.isAtEnd) throw new Error(`A pattern has an unknown syntax at ${reader.rest}.`);
  return alternatives.map((part) => ({
    clauses: selectUseful(toClauses(part)).slice(0, clausesMax),
    lengthMax: part.lengthMax,
  }));
}

class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get rest(): string {
    return this.#source.slice(this.#at);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#source.length;
  }

  readAlternatives(): readonly Part[] {
    const parts = [this.#readSequence()];
    while (this.#take('|')) parts.push(this.#readSequence());
    return parts;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #readSequence(): Part {
    const parts: Part[] = [];
    while (!this.isAtEnd && !/[|)]/.test(this.#source[this.#at] ?? '')) parts.push(this.#readRepeated());
    return join(parts);
  }

  #readRepeated(): Part {
    const part = this.#readOne();
    if (this.#take('?')) return choose([part, nothing]);
    const times = this.#match(/\{(\d+)(?:,(\d+))?\}\??/y);
    if (times === null) return part;
    const least = Number(times[1]);
    const most = Number(times[2] ?? least);
    const clauses = least === 0 ? [] : toClauses(part);
    return {
      exact: null,
      clauses,
      lengthMax: part.lengthMax * most,
      startsInSpace: least > 0 && part.startsInSpace === true,
      endsInSpace: part.endsInSpace === true,
      isOptional: least === 0,
    };
  }

  #readOne(): Part {
    if (this.#take('(?:')) {
      const part = choose(this.readAlternatives());
      if (!this.#take(')')) throw new Error(`A group of a pattern is not closed at ${this.rest}.`);
      return part;
    }
    if (this.#match(/\(\?<?[=!]/y) !== null) {
      this.readAlternatives();
      if (!this.#take(')')) throw new Error(`A group of a pattern is not closed at ${this.rest}.`);
      return nothing;
    }
    if (this.#take('\\b')) return edge;
    if (this.#take('^')) return nothing;
    const listed = this.#match(/\[(\^)?((?:\\.|[^\]\\])+)\]/uy);
    if (listed !== null) return readClass(listed[2] ?? '', listed[1] !== undefined);
    const code = this.#match(/\\x([\da-f]{2})/y)?.[1];
    if (code !== undefined) return literal(String.fromCharCode(Number.parseInt(code, 16)));
    if (this.#take('\\n')) return literal('\n');
    if (this.#take('\\s')) return space;
    if (this.#match(/\\(?:[Swd]|p\{\w+\})|\./y) !== null) return { exact: null, clauses: [], lengthMax: 2 };
    const plain = this.#match(/\\([^\w\s])|([^\\^$.*+?()[\]{}|])/uy);
    if (plain === null) throw new Error(`A pattern has an unknown syntax at ${this.rest}.`);
    return literal(plain[1] ?? plain[2] ?? '');
  }
}

function literal(text: string): Part {
  return { exact: [text], clauses: [], lengthMax: text.length };
}

function readClass(members: string, isNegated: boolean): Part {
  const characters = Array.from(members);
  if (isNegated || /[\\-]/.test(members) || characters.length > classCharsMax) {
    return { exact: null, clauses: [], lengthMax: 2 };
  }
  return choose(characters.map(literal));
}

function choose(parts: readonly Part[]): Part {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const lengthMax = Math.max(...parts.map((part) => part.lengthMax));
  const exact = parts.flatMap((part) => part.exact ?? []);
  if (parts.every((part) => part.exact !== null) && exact.length <= exactMax) {
    return { exact, clauses: [], lengthMax };
  }
  const best = parts.map((part) => selectUseful(toClauses(part))[0]);
  const isKnown = best.every((clause) => clause !== undefined);
  return { exact: null, clauses: isKnown ? [minimize(best.flat())] : [], lengthMax };
}

function join(parts: readonly Part[]): Part {
  const clauses: Clause[] = [];
  let exact: readonly string[] = [''];
  let isExact = true;
  let isAfterSpace = false;
  for (const part of parts) {
    if (part.exact !== null && part.exact.length * exact.length <= exactMax) {
      const ends = part.exact;
      exact = exact.flatMap((start) => ends.map((end) => start + end));
      continue;
    }
    isExact = false;
    const isStillAfter: boolean = isAfterSpace && exact.every((word) => word === wordEdge);
    const ended = part.startsInSpace === true ? exact.map((word) => word + wordEdge) : exact;
    clauses.push(minimize(ended), ...part.clauses);
    isAfterSpace = part.endsInSpace === true && (part.isOptional !== true || isStillAfter);
    exact = isAfterSpace ? [wordEdge] : (part.exact ?? ['']);
  }
  const lengthMax = parts.reduce((sum, part) => sum + part.lengthMax, 0);
  if (isExact) return { exact, clauses, lengthMax };
  const endsInSpace = isAfterSpace && exact.every((word) => word === wordEdge);
  return { exact: null, clauses: [...clauses, minimize(exact)], lengthMax, endsInSpace };
}

function toClauses({ exact, clauses }: Part): readonly Clause[] {
  return exact === null ? clauses : [minimize(exact)];
}

/** Without the words that hold another one. */
function minimize(words: readonly string[]): Clause {
  const short = [...new Set(words.map(shorten))].sort((a, b) => a.length - b.length);
  const kept: string[] = [];
  for (const word of short) if (!kept.some((other) => word.includes(other))) kept.push(word);
  return kept;
}

/** With edges at its ends alone, where \b has a letter to stand beside. */
function shorten(word: string): string {
  const body = word.replaceAll(wordEdge, '');
  const starts = word.startsWith(wordEdge) && /^\w/.test(body);
  const ends = word.endsWith(wordEdge) && /\w$/.test(body) && body.length <= wordCharsMax;
  return (starts ? wordEdge : '') + body.slice(0, wordCharsMax) + (ends ? wordEdge : '');
}

/** The clauses that few texts fulfil by chance, the strongest first. */
function selectUseful(clauses: readonly Clause[]): readonly Clause[] {
  return clauses
    .map((clause) => ({ clause, rating: rate(clause) }))
    .filter(({ rating }) => rating >= 2)
    .sort((a, b) => b.rating - a.rating)
    .map(({ clause }) => clause);
}

/** The letters of its weakest word; those of other scripts than Latin are rarer. */
function rate(clause: Clause): number {
  return Math.min(
    ...clause.map((word) =>
      Array.from(word).reduce((sum, each) => sum + (each === wordEdge ? 0 : each < '\x80' ? 1 : 2), 0),
    ),
  );
}
