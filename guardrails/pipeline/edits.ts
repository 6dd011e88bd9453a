import { expectError } from '#core/expect-error.ts';
import type { Finding, GuardedText, GuardrailAction } from '../guardrail.ts';
import { JsonReader } from './json-text.ts';
import type { Masks, TextPiece } from './masks.ts';

/** A finding with the action of the rule that made it. */
export interface ActedFinding extends Finding {
  readonly action: Extract<GuardrailAction, 'MASK' | 'REDACT'>;
  /** The rule that made it, by identity; absent: one rule made all. */
  readonly by?: object;
}

type Text = Pick<GuardedText, 'text' | 'format'>;

/** The text with its findings replaced as `editPieces` states; null: an edit is not possible. */
export function applyFindings(
  { text, format }: Text,
  findings: readonly ActedFinding[],
  masks: Masks,
): string | null {
  const pieces = editPieces({ text, format }, findings, masks);
  return pieces === null ? null : putPieces(text, pieces);
}

/** The text with what is put in the place of its pieces. */
export function putPieces(text: string, pieces: readonly TextPiece[]): string {
  let edited = '';
  let at = 0;
  for (const { start, end, put } of pieces) {
    edited += text.slice(at, start) + (put ?? text.slice(start, end));
    at = end;
  }
  return edited + text.slice(at);
}

/**
 * What is put in the place of the findings, in their order: a placeholder that can be restored, or something for good.
 * Findings that overlap are replaced as one, and for good where one of them is, so that nothing is left half of it, and by no text of one rule that
 * might quote what another found. Of JSON,
 * what stands within a string is replaced there, but for the end of an escape sequence, and a number becomes a string; null: a
 * finding reaches over more than one value, or into a part of a number.
 *
 * @param from where the first findings may stand; `reader` has read the text before it
 */
export function editPieces(
  { text, format }: Text,
  findings: readonly ActedFinding[],
  masks: Masks,
  from = 0,
  reader = new JsonReader(),
): readonly TextPiece[] | null {
  const pieces: TextPiece[] = [];
  let at = from;
  for (const finding of joined(findings)) {
    const { end } = finding;
    let { start } = finding;
    let put: string | null;
    if (format === 'JSON') {
      reader.advance(text.slice(at, start));
      // The n of \n is not what stands there.
      for (; reader.place === 'ESCAPE' && start < end; start += 1) reader.advance(text[start] ?? '');
      at = start;
      if (start === end) continue;
      put = replaceInJson(text, { ...finding, start }, masks, reader.place);
    } else put = replace(text.slice(start, end), finding, masks);
    if (put === null) return null;
    pieces.push({ start, end, put });
  }
  return pieces;
}

function replace(value: string, { kind, action, replacement }: ActedFinding, masks: Masks): string {
  return action === 'MASK' ? masks.choosePlaceholder(kind, value) : (replacement ?? `[${kind}]`);
}

const ofNumber = /^[\d.eE+-]$/;

/** A piece of one string, without its quotes; or a number. */
function replaceInJson(
  text: string,
  finding: ActedFinding,
  masks: Masks,
  place: JsonReader['place'],
): string | null {
  const { start, end } = finding;
  const piece = text.slice(start, end);
  if (place === 'OUTSIDE') {
    const isWhole =
      /^-?[\d.eE+-]+$/.test(piece) &&
      !ofNumber.test(text[start - 1] ?? '') &&
      !ofNumber.test(text[end] ?? '');
    return isWhole ? JSON.stringify(replace(piece, finding, masks)) : null;
  }
  try {
    return JSON.stringify(replace(JSON.parse(`"${piece}"`), finding, masks)).slice(1, -1);
  } catch (error) {
    expectError(error, SyntaxError);
    return null;
  }
}

/** The findings in their order, those that overlap as one. */
function joined(findings: readonly ActedFinding[]): readonly ActedFinding[] {
  const result: ActedFinding[] = [];
  for (const finding of [...findings].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last !== undefined && finding.start < last.end) result[result.length - 1] = join(last, finding);
    else result.push(finding);
  }
  return result;
}

function join(first: ActedFinding, other: ActedFinding): ActedFinding {
  const { start, kind } = first;
  const action = first.action === 'REDACT' || other.action === 'REDACT' ? 'REDACT' : 'MASK';
  const isInside = other.end <= first.end;
  if (isInside && action === first.action && mayReplace(first, other)) return first;
  const { text, by } = first;
  const end = Math.max(first.end, other.end);
  return { text, start, end, kind, action, ...(by === undefined ? {} : { by }) };
}

/** Whether what is put in the place of a finding quotes nothing of another one inside it: a rule knows its own findings alone. */
function mayReplace({ replacement, by }: ActedFinding, other: ActedFinding): boolean {
  return !replacement || by === other.by || replacement === other.replacement;
}
