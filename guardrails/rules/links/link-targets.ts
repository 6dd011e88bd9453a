/** A link, an image or an address in a text. */
export interface Link {
  readonly start: number;
  readonly end: number;
  readonly target: string;
  /** What is left of it without its target; absent: nothing that can stand alone. */
  readonly rest?: string;
  /** Whether a client fetches the target without a click: images, frames, styles, and definitions, which images can refer to. */
  readonly isLoaded: boolean;
}

const target = '<[^<>\\n]{0,2000}>|[^\\s()<>]{0,2000}(?:\\([^\\s()]{0,500}\\)[^\\s()]{0,500}){0,4}';
const title = '(?:\\s{1,10}(?:"[^"]{0,500}"|\'[^\']{0,500}\'|\\([^()]{0,500}\\)))?\\s{0,10}';
const inline = new RegExp(`!?\\[((?:[^[\\]\\\\]|\\\\.){0,500})\\]\\(\\s{0,10}(${target})${title}\\)`, 'gs');
/** The end of a link whose text has brackets of its own: an image within a link. */
const inlineEnd = new RegExp(`\\]\\(\\s{0,10}(${target})${title}\\)`, 'g');
const definition = /^[ >]{0,6}\[[^\]\n]{1,200}\]:\s{0,10}(<[^<>\n]{0,2000}>|\S{1,2000})[^\n]{0,500}/gm;
const tag = /<([a-zA-Z][\w:-]{0,30})(?:[^<>"']|"[^"]{0,4000}(?:"|$)|'[^']{0,4000}(?:'|$))*>?/g;
const attribute =
  /(?:^|[\s"'/])(?:href|src|srcset|action|formaction|poster|data|background|ping|cite|longdesc|manifest|content|xlink:href|style)\s{0,10}=\s{0,10}(?:"([^"]*)(?:"|$)|'([^']*)(?:'|$)|([^\s"'>]+))/gi;
const autolink = /<((?:[a-z][a-z\d+.-]{1,20}):[^<>\s]{1,2000})>/gi;
const css = /url\(\s{0,10}["']?([^)"']{1,2000})["']?\s{0,10}\)/gi;
const urlOfStyle = /url\(/i;
const bare = /(?:\b(?:https?|ftp|wss?):\/{1,2}|\bwww\.)[^\s<>"'`\]})|\\]{1,2000}/gi;
/** What ends a sentence rather than an address. */
const trailing = /[.,;:!?*_~]+$/;
const dangerous = /^\s*(?:javascript|vbscript|data|file|blob):/i;

/**
 * All links of a text of Markdown, HTML or neither, in any order. Each form is looked for where the text has the characters that it cannot be without.
 *
 * @param loadedOnly true: only those that may be loaded without a click
 */
export function* findLinks(text: string, loadedOnly = false): Generator<Link, void, void> {
  if (text.includes('](')) yield* findInline(text);
  if (text.includes(']:')) yield* findDefinitions(text);
  if (text.includes('<')) yield* findInTags(text);
  if (text.includes('(') && urlOfStyle.test(text)) yield* findInStyles(text);
  if (loadedOnly) return;
  if (text.includes('<')) yield* findAutolinks(text);
  if (text.includes(':/') || text.includes('.')) yield* findBare(text);
}

function* findInline(text: string): Generator<Link> {
  for (const { 0: whole, 1: label = '', 2: to = '', index } of text.matchAll(inline)) {
    const rest = unescapeMarkdown(label);
    const end = index + whole.length;
    const link = { start: index, end, target: withoutBrackets(to), isLoaded: whole.startsWith('!') };
    yield hasAddress(rest) ? link : { ...link, rest };
  }
  for (const { 0: whole, 1: to = '', index } of text.matchAll(inlineEnd)) {
    // Those of `inline` end here, too: findings that overlap are replaced as one.
    if (!isEndOfInline(text, index)) {
      // Whether an image ends there is not known.
      yield {
        start: index,
        end: index + whole.length,
        target: withoutBrackets(to),
        rest: ']',
        isLoaded: true,
      };
    }
  }
}

function* findDefinitions(text: string): Generator<Link> {
  for (const { 0: whole, 1: to = '', index } of text.matchAll(definition)) {
    yield { start: index, end: index + whole.length, target: withoutBrackets(to), rest: '', isLoaded: true };
  }
}

function* findInTags(text: string): Generator<Link> {
  for (const { 0: whole, 1: name = '', index } of text.matchAll(tag)) {
    for (const [, double, single, plain] of whole.matchAll(attribute)) {
      for (const to of readTargets(decodeEntities(double ?? single ?? plain ?? ''))) {
        const isAnchor = name.toLowerCase() === 'a';
        const rest = isAnchor ? '<a>' : '';
        yield { start: index, end: index + whole.length, target: to, rest, isLoaded: !isAnchor };
      }
    }
  }
}

function* findAutolinks(text: string): Generator<Link> {
  for (const { 0: whole, 1: to = '', index } of text.matchAll(autolink)) {
    yield { start: index, end: index + whole.length, target: to, isLoaded: false };
  }
}

function* findInStyles(text: string): Generator<Link> {
  for (const { 0: whole, 1: to = '', index } of text.matchAll(css)) {
    yield { start: index, end: index + whole.length, target: to, rest: 'none', isLoaded: true };
  }
}

function* findBare(text: string): Generator<Link> {
  for (const { 0: whole, index } of text.matchAll(bare)) {
    const to = whole.replace(trailing, '');
    const target = to.startsWith('www.') ? `http://${to}` : to;
    yield { start: index, end: index + to.length, target, isLoaded: false };
  }
}

/** The targets in the value of an attribute: one, those of `srcset`, of `style`, or of a refresh. */
function readTargets(value: string): readonly string[] {
  const inStyle = [...value.matchAll(css)].map(([, to = '']) => to);
  if (inStyle.length > 0) return inStyle;
  if (dangerous.test(withoutControls(value))) return [value];
  const refresh = /^\s*\d+\s*[;,]\s*url\s*=\s*["']?(\S+?)["']?$/i.exec(value)?.[1];
  if (refresh !== undefined) return [refresh];
  return value.split(/,\s|\s+/).filter((part) => /[:/\\.]/.test(part));
}

/** Browsers leave out white space and control characters within an address. */
export function withoutControls(address: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
  return address.replace(/[\x00-\x20\x7f]/g, '');
}

/** A label that ends before the offset and has no brackets of its own. */
function isEndOfInline(text: string, at: number): boolean {
  const label = text.slice(Math.max(0, at - 501), at);
  const opening = label.lastIndexOf('[');
  return opening >= 0 && !label.slice(opening).includes(']');
}

function hasAddress(text: string): boolean {
  return text.search(bare) >= 0;
}

function withoutBrackets(to: string): string {
  return decodeEntities(to.startsWith('<') && to.endsWith('>') ? to.slice(1, -1) : to);
}

function unescapeMarkdown(label: string): string {
  return label.replace(/\\([^\w\s])/g, '$1');
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  colon: ':',
  sol: '/',
  period: '.',
  tab: '\t',
  newline: '\n',
  lpar: '(',
  rpar: ')',
  quot: '"',
  apos: "'",
};

/** The text with the entities of HTML that can be part of an address decoded. */
function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{1,10}));?/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
