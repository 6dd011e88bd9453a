import { ScimRefusal } from './scim-refusal.ts';
import { toAttributeName } from './select-attributes.ts';

/** What a comparison of an attribute with a value means: a condition of the graph, always, or never. */
export type Comparison<TCondition> = TCondition | boolean;

/** The attributes that can be compared, by their names in lower case. */
export type FilterAttributes<TCondition> = Readonly<
  Record<string, (value: string | boolean) => Comparison<TCondition>>
>;

const lengthMax = 2_000;
const comparisonsMax = 20;
const depthMax = 10;
/** A filter is met where one of so many conditions is. */
const alternativesMax = 20;

/** Conditions of which one must hold; none: it never holds. */
type Alternatives<TCondition> = readonly TCondition[];

/**
 * Reads a filter of RFC 7644, section 3.4.2.2: comparisons with `eq`, joined by `and` and `or`, in parentheses, and in brackets as in
 * `emails[type eq "work"].value eq "a@b.c"`. Returns conditions of which one must hold. Throws ScimRefusal `invalidFilter` for anything
 * else, and beyond 2,000 characters, 20 comparisons or 10 levels.
 */
export function parseScimFilter<TCondition extends object>(
  text: string,
  attributes: FilterAttributes<TCondition>,
): Alternatives<TCondition> {
  if (text.length > lengthMax) throw refuse(`it has more than ${lengthMax} characters`);
  const parser = new FilterParser<TCondition>(tokenize(text), attributes);
  const found = parser.readAny('', 0);
  parser.requireEnd();
  return found;
}

function refuse(problem: string): ScimRefusal {
  return new ScimRefusal('invalidFilter', `The filter cannot be used: ${problem}.`);
}

/** Texts in quotation marks, brackets, parentheses, and words. */
const tokenPattern = /\s*(?:("(?:[^"\\]|\\.)*")|([()[\]])|([^\s"()[\]]+))/y;

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < end) {
    const at = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (match === null) throw refuse(`a text at position ${at} does not end`);
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return tokens;
}

class FilterParser<TCondition extends object> {
  readonly #tokens: readonly string[];
  readonly #attributes: FilterAttributes<TCondition>;
  #next = 0;
  #comparisons = 0;

  constructor(tokens: readonly string[], attributes: FilterAttributes<TCondition>) {
    this.#tokens = tokens;
    this.#attributes = attributes;
  }

  requireEnd(): void {
    if (this.#peek() !== undefined) throw refuse(`${this.#show()} is not expected`);
  }

  /** Parts joined by `or`. The prefix is that of the attribute whose brackets they stand in. */
  readAny(prefix: string, depth: number): Alternatives<TCondition> {
    const found = [...this.#readAll(prefix, depth)];
    while (this.#takeWord('or')) found.push(...this.#readAll(prefix, depth));
    if (found.length > alternativesMax) throw refuse(`it has more than ${alternativesMax} alternatives`);
    return found;
  }

  /** Parts joined by `and`. */
  #readAll(prefix: string, depth: number): Alternatives<TCondition> {
    let found = this.#readOne(prefix, depth);
    while (this.#takeWord('and')) {
      const more = this.#readOne(prefix, depth);
      if (found.length * more.length > alternativesMax)
        throw refuse(`it has more than ${alternativesMax} alternatives`);
      found = found.flatMap((one) => more.flatMap((other) => joinConditions(one, other)));
    }
    return found;
  }

  #readOne(prefix: string, depth: number): Alternatives<TCondition> {
    if (depth > depthMax) throw refuse(`it has more than ${depthMax} levels`);
    const token = this.#take('an attribute');
    if (token === '(') {
      const found = this.readAny(prefix, depth + 1);
      this.#require(')');
      return found;
    }
    if (!/^[a-z$]/i.test(token)) throw refuse(`${JSON.stringify(token)} is no attribute`);
    const name = prefix + toAttributeName(token);
    if (this.#peek() !== '[') return this.#compare(name);
    this.#next++;
    const within = this.readAny(`${name}.`, depth + 1);
    this.#require(']');
    const part = this.#peek();
    if (part?.startsWith('.') !== true) return within;
    this.#next++;
    return this.#compare(name + part.toLowerCase()).flatMap((one) =>
      within.flatMap((other) => joinConditions(one, other)),
    );
  }

  #compare(name: string): Alternatives<TCondition> {
    if (++this.#comparisons > comparisonsMax) throw refuse(`it has more than ${comparisonsMax} comparisons`);
    const operator = this.#take('an operator');
    if (operator.toLowerCase() !== 'eq')
      throw refuse(`${JSON.stringify(operator)} is not supported; the only operator is eq`);
    const value = readValue(this.#take('a value'));
    const compare = Object.hasOwn(this.#attributes, name) ? this.#attributes[name] : undefined;
    if (compare === undefined)
      throw refuse(
        `${JSON.stringify(name)} is none of the attributes ${Object.keys(this.#attributes).join(', ')}`,
      );
    const condition = compare(value);
    if (condition === true) return [{} as TCondition];
    return condition === false ? [] : [condition];
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #show(): string {
    return JSON.stringify(this.#peek() ?? 'its end');
  }

  #take(expected: string): string {
    const token = this.#peek();
    if (token === undefined) throw refuse(`${expected} is missing at its end`);
    this.#next++;
    return token;
  }

  #takeWord(word: string): boolean {
    if (this.#peek()?.toLowerCase() !== word) return false;
    this.#next++;
    return true;
  }

  #require(token: string): void {
    if (this.#take(token) !== token) throw refuse(`${token} is missing`);
  }
}

/** A text or a truth value, in the notation of JSON; truth values whatever their case. */
function readValue(token: string): string | boolean {
  const word = token.toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  if (!token.startsWith('"'))
    throw refuse(`${JSON.stringify(token)} is neither a text in quotation marks nor true or false`);
  try {
    return String(JSON.parse(token));
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(`${token} is no text of JSON`);
    throw error;
  }
}

/** The condition that both hold; none where they demand two values of one field. */
function joinConditions<TCondition extends object>(
  one: TCondition,
  other: TCondition,
): readonly TCondition[] {
  const fields = Object.entries(one);
  const others = new Map(Object.entries(other));
  const differs = fields.some(([name, value]) => others.has(name) && others.get(name) !== value);
  return differs ? [] : [{ ...one, ...other }];
}
