import { HeddleError } from './errors.ts';
import type { TextSpan } from './text/text-span.ts';

/** Values of a template's variables, as they came from outside. */
type TemplateValues = Readonly<Record<string, unknown>>;

/** A text with the values of its variables filled in. */
export interface FilledText {
  readonly text: string;
  /** Where the values stand, in their order. */
  readonly values: readonly TextSpan[];
}

/** A prompt's system text and template with the variables of both. */
export interface PromptTemplate {
  readonly variables: readonly string[];
  /** As `render` of parseTemplate, over both texts at once. */
  render(values: TemplateValues): { readonly system: FilledText | null; readonly text: FilledText };
}

interface Variable {
  readonly variable: string;
}
type Piece = string | Variable;

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * Parses `{{name}}` (spaces inside the braces do not matter; a name is a letter or _ and then letters, digits and _,
 * at most 64). `\{{` is a plain `{{`; `}}` on its own is text. Throws BAD_USER_INPUT with line and column of what is
 * not so; `field` names the text in that message. What it returns is immutable and safe to share.
 */
export function parseTemplate(text: string, field = 'template') {
  const pieces = parsePieces(text, field);
  const variables = listVariables(pieces);
  return {
    /** The names between `{{` and `}}`, each once, in the order they first stand. */
    variables,
    /**
     * The text with every variable replaced. Text goes in as it is and is not looked at again; numbers and booleans as
     * JSON writes them; lists and objects as JSON. A variable without a value, or null, and a value without a variable
     * are BAD_USER_INPUT, which names them all.
     */
    render(values: TemplateValues): string {
      checkValues(variables, values);
      return fill(pieces, values).text;
    },
  };
}

/** Parses a prompt's two texts. Throws as parseTemplate does. */
export function parsePromptTemplate(system: string | null, template: string): PromptTemplate {
  const systemPieces = system === null ? null : parsePieces(system, 'system');
  const pieces = parsePieces(template, 'template');
  const variables = listVariables([...(systemPieces ?? []), ...pieces]);
  return {
    variables,
    render(values) {
      checkValues(variables, values);
      return { system: systemPieces && fill(systemPieces, values), text: fill(pieces, values) };
    },
  };
}

function parsePieces(text: string, field: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) break;
    if (open > at && text[open - 1] === '\\') {
      plain += `${text.slice(at, open - 1)}{{`;
      at = open + 2;
      continue;
    }
    const close = text.indexOf('}}', open + 2);
    if (close < 0) refuse(text, open, field, 'a {{ without its }}; write \\{{ for plain braces');
    const name = text.slice(open + 2, close).trim();
    if (!variableName.test(name)) {
      refuse(
        text,
        open,
        field,
        `${name === '' ? 'no name' : JSON.stringify(name.slice(0, 70))} between {{ and }}; a variable is a letter or _ and then letters, digits and _, at most 64; write \\{{ for plain braces`,
      );
    }
    plain += text.slice(at, open);
    if (plain !== '') pieces.push(plain);
    plain = '';
    pieces.push({ variable: name });
    at = close + 2;
  }
  plain += text.slice(at);
  if (plain !== '') pieces.push(plain);
  return pieces;
}

function refuse(text: string, at: number, field: string, problem: string): never {
  const before = text.slice(0, at).split('\n');
  throw new HeddleError(
    'BAD_USER_INPUT',
    `${field}, line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${problem}.`,
  );
}

function listVariables(pieces: readonly Piece[]): readonly string[] {
  return [...new Set(pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.variable])))];
}

function checkValues(variables: readonly string[], values: TemplateValues): void {
  const missing = variables.filter((name) => !Object.hasOwn(values, name) || values[name] == null);
  const known = new Set(variables);
  const unknown = Object.keys(values).filter((name) => !known.has(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const problems = [
    ...(missing.length > 0 ? [`Variables without a value: ${listed(missing)}.`] : []),
    ...(unknown.length > 0 ? [`Variables that the prompt does not have: ${listed(unknown)}.`] : []),
  ];
  throw new HeddleError('BAD_USER_INPUT', problems.join(' '), {
    extensions: { missingVariables: missing.slice(0, 50), unknownVariables: unknown.slice(0, 50) },
  });
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => (name.length > 64 ? `${name.slice(0, 64)}…` : name));
  return shown.join(', ') + (names.length > 20 ? ` and ${names.length - 20} more` : '');
}

function fill(pieces: readonly Piece[], values: TemplateValues): FilledText {
  const filled: TextSpan[] = [];
  let text = '';
  for (const piece of pieces) {
    const start = text.length;
    text += typeof piece === 'string' ? piece : toText(values[piece.variable]);
    if (typeof piece !== 'string') filled.push({ start, end: text.length });
  }
  return { text, values: filled };
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
