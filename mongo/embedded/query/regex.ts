import { Regex, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';

/** The server's bound on a pattern (PCRE's). */
const PATTERN_LENGTH_MAX = 32_764;

/** `$regex` and `$options`, or a BSON regular expression, checked. */
export function parseRegex(operand: Value, options: Value | undefined): Regex {
  if (options !== undefined && typeof options !== 'string') {
    throw new CommandError('BadValue', '$options has to be a string');
  }
  if (operand instanceof Regex) {
    if (options !== undefined && operand.options !== '') {
      throw new CommandError(51075, 'options set in both $regex and $options');
    }
    return verified(new Regex(operand.pattern, options ?? operand.options));
  }
  if (typeof operand !== 'string') throw new CommandError('BadValue', '$regex has to be a string');
  return verified(new Regex(operand, options ?? ''));
}

function verified(regex: Regex): Regex {
  compileRegex(regex);
  return regex;
}

/**
 * A PCRE pattern as a JavaScript one, with PCRE's meaning of `.`, `$`, `^`, `\s`, `\A`, `\z`, `\Z`, `\h`, `\Q…\E`,
 * POSIX classes, leading `(?imsx)` and the options i, m, s, x (u is implied). Refused: possessive and atomic groups,
 * recursion, conditionals, \K, \G, \R, \X, inline options elsewhere, and a repeated group that repeats inside, which
 * could run for ever.
 */
export function compileRegex(regex: Regex): RegExp {
  if (regex.pattern.length > PATTERN_LENGTH_MAX)
    throw new CommandError(51091, 'Regular expression is too long');
  if (regex.pattern.includes('\0')) {
    throw new CommandError('BadValue', 'Regular expression cannot contain an embedded null byte');
  }
  let options = regex.options;
  let pattern = regex.pattern;
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  if (inline !== null) {
    options += inline[1];
    pattern = pattern.slice(inline[0].length);
  }
  for (const option of options) {
    if (!'imsxu'.includes(option)) throw new CommandError(51108, `invalid flag in regex options: ${option}`);
  }
  const source = new Translator(pattern, options).run();
  try {
    return new RegExp(source, options.includes('i') ? 'iu' : 'u');
  } catch (cause) {
    throw new CommandError(51091, `Regular expression is invalid: ${regex.pattern}`, { cause });
  }
}

/** The literal text that every match starts with (for index bounds), or '' when there is none. */
export function regexPrefix(regex: Regex): string {
  if (/[imx]/.test(regex.options)) return '';
  const match = /^(?:\^|\\A)([\w \-@:/#&,;<>=~!%'"]*)(.?)/su.exec(regex.pattern);
  if (match === null || regex.pattern.includes('|')) return '';
  const [, text = '', next = ''] = match;
  return '*?{'.includes(next) && next !== '' ? text.slice(0, -1) : text;
}

const END = '(?![\\s\\S])';
const POSIX: { [name: string]: string } = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\t-\\r ',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`\\{-~',
  xdigit: '0-9A-Fa-f',
  word: '\\w',
  cntrl: '\\x00-\\x1f\\x7f',
  print: ' -~',
  graph: '!-~',
};
const ESCAPES: { [letter: string]: string } = {
  A: '(?<![\\s\\S])',
  z: END,
  Z: `(?=\\n?${END})`,
  h: '[ \\t]',
  a: '\\x07',
  e: '\\x1b',
  s: '[\\t-\\r ]',
  S: '[^\\t-\\r ]',
};
const CLASS_ESCAPES: { [letter: string]: string } = {
  h: ' \\t',
  a: '\\x07',
  e: '\\x1b',
  s: '\\t-\\r ',
  b: '\\x08',
};

class Translator {
  readonly text: string;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  at = 0;
  /** For each open group: does it hold an unbounded repetition? */
  readonly repeats: boolean[] = [false];
  /** Does the last atom hold one? */
  lastRepeats = false;

  constructor(text: string, options: string) {
    this.text = text;
    this.multiline = options.includes('m');
    this.dotAll = options.includes('s');
    this.extended = options.includes('x');
  }

  run(): string {
    let source = '';
    while (this.at < this.text.length) source += this.next();
    return source;
  }

  refuse(what: string): CommandError {
    return unsupported(`the regular expression construct ${what}`, 51091);
  }

  atom(source: string): string {
    this.lastRepeats = false;
    return source;
  }

  next(): string {
    const char = String.fromCodePoint(this.text.codePointAt(this.at)!);
    this.at += char.length;
    switch (char) {
      case '\\':
        return this.escape();
      case '[':
        return this.class();
      case '(':
        return this.open();
      case ')':
        return this.close();
      case '*':
      case '+':
      case '?':
        return this.quantifier(char, char !== '?');
      case '{':
        return this.brace();
      case '}':
      case ']':
        return this.atom(`\\${char}`);
      case '.':
        return this.atom(this.dotAll ? '[\\s\\S]' : '[^\\n]');
      case '^':
        return this.atom(this.multiline ? '(?<![^\\n])' : '(?<![\\s\\S])');
      case '$':
        return this.atom(this.multiline ? '(?![^\\n])' : `(?=\\n?${END})`);
      default:
        return this.extended ? this.extendedChar(char) : this.atom(char);
    }
  }

  /** With option x white space and comments mean nothing. */
  extendedChar(char: string): string {
    if (/^[\t-\r ]$/.test(char)) return '';
    if (char !== '#') return this.atom(char);
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end + 1;
    return '';
  }

  quantifier(source: string, unbounded: boolean): string {
    if (unbounded) {
      if (this.lastRepeats) throw this.refuse('(…+)+, a repetition of a group that repeats inside,');
      this.repeats[this.repeats.length - 1] = true;
    }
    const next = this.text[this.at];
    if (next === '+') throw this.refuse('of a possessive quantifier');
    if (next !== '?') return source;
    this.at++;
    return `${source}?`;
  }

  brace(): string {
    const match = /^(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 24));
    if (match === null) return this.atom('\\{');
    this.at += match[0].length;
    return this.quantifier(`{${match[0]}`, match[2] !== undefined && match[3] === '');
  }

  escape(): string {
    const next = this.text[this.at++];
    if (next === undefined)
      throw new CommandError(51091, 'Regular expression is invalid: \\ at end of pattern');
    if (next === 'E') return '';
    if (next === 'x') return this.hex();
    if (next === 'Q') {
      const end = this.text.indexOf('\\E', this.at);
      const literal = this.text.slice(this.at, end < 0 ? undefined : end);
      this.at = end < 0 ? this.text.length : end + 2;
      return this.atom(literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
    }
    if ('KGRXCgVHNv'.includes(next)) throw this.refuse(`\\${next}`);
    return this.atom(ESCAPES[next] ?? plainEscape(next, false));
  }

  hex(): string {
    const match = /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{0,2}))/.exec(
      this.text.slice(this.at, this.at + 9),
    );
    this.at += match![0].length;
    return this.atom(`\\u{${match![1] ?? (match![2] || '0')}}`);
  }

  class(): string {
    let source = '[';
    if (this.text[this.at] === '^') {
      source += '^';
      this.at++;
    }
    const start = this.at;
    for (;;) {
      const char = this.text[this.at++];
      if (char === undefined)
        throw new CommandError(51091, 'Regular expression is invalid: missing ] in a class');
      if (char === ']' && this.at - 1 > start) break;
      if (char === '[' && this.text[this.at] === ':') source += this.posix();
      else if (char === '\\') source += this.classEscape();
      else if (char === '[' || char === ']') source += `\\${char}`;
      else source += char;
    }
    return this.atom(`${source}]`);
  }

  posix(): string {
    const match = /^:(\w+):\]/.exec(this.text.slice(this.at, this.at + 12));
    const set = POSIX[match?.[1] ?? ''];
    if (match === null || set === undefined) throw this.refuse('of that POSIX class');
    this.at += match[0].length;
    return set;
  }

  classEscape(): string {
    const next = this.text[this.at++] ?? '';
    if ('SHVNRXQE'.includes(next)) throw this.refuse(`\\${next} in a class`);
    return CLASS_ESCAPES[next] ?? plainEscape(next, true);
  }

  close(): string {
    if (this.repeats.length > 1) this.lastRepeats = this.repeats.pop()!;
    if (this.lastRepeats) this.repeats[this.repeats.length - 1] = true;
    return ')';
  }

  open(): string {
    const rest = this.text.slice(this.at, this.at + 40);
    if (rest.startsWith('?#')) {
      const end = this.text.indexOf(')', this.at);
      this.at = end < 0 ? this.text.length : end + 1;
      return '';
    }
    if (rest.startsWith('*')) throw this.refuse('(*VERB)');
    this.repeats.push(false);
    this.lastRepeats = false;
    if (!rest.startsWith('?')) return '(';
    const match = /^\?(?::|=|!|<=|<!|P?<[A-Za-z_]\w*>)/.exec(rest);
    if (match === null) throw this.refuse(`(${rest.slice(0, 3)}…`);
    this.at += match[0].length;
    return `(${match[0].replace('?P<', '?<')}`;
  }
}

function plainEscape(char: string, inClass: boolean): string {
  if (/^[dDwWbBnrtfkpP0-9cSu]$/.test(char)) return `\\${char}`;
  if (inClass && char === '-') return '\\-';
  return /^[\\^$.*+?()[\]{}|/]$/.test(char) ? `\\${char}` : char;
}
