import { expectError } from '#core/expect-error.ts';
import type { Finding, GuardedText, GuardrailAction } from '../guardrail.ts';
import type { Masks } from './masks.ts';

/** A finding with the action of the rule that made it. */
export interface ActedFinding extends Finding {
  readonly action: Extract<GuardrailAction, 'MASK' | 'REDACT'>;
}

/**
 * The text with its findings replaced: by a placeholder that can be restored, or for good. Findings that overlap are
 * replaced as one, and for good where one of them is, so that nothing is left half of it. Of JSON, what stands within a
 * string is replaced there, and a number becomes a string; null: a finding reaches over more than one value.
 */
export function applyFindings(
  { text, format }: Pick<GuardedText, 'text' | 'format'>,
  findings: readonly ActedFinding[],
  masks: Masks,
): string | null {
  const isInString = format === 'JSON' ? stringReader(text) : undefined;
  let edited = '';
  let at = 0;
  for (const finding of joined(findings)) {
    const { start, end } = finding;
    const value = text.slice(start, end);
    const put =
      isInString === undefined
        ? replace(value, finding, masks)
        : replaceInJson(value, finding, masks, isInString(start));
    if (put === null) return null;
    edited += text.slice(at, start) + put;
    at = end;
  }
  return edited + text.slice(at);
}

function replace(value: string, { kind, action, replacement }: ActedFinding, masks: Masks): string {
  return action === 'MASK' ? masks.choosePlaceholder(kind, value) : (replacement ?? `[${kind}]`);
}

/** A piece of one string, without its quotes; or a number. */
function replaceInJson(
  piece: string,
  finding: ActedFinding,
  masks: Masks,
  isInString: boolean,
): string | null {
  if (!isInString) {
    return /^-?[\d.eE+-]+$/.test(piece) ? JSON.stringify(replace(piece, finding, masks)) : null;
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

/** States of offsets, from left to right, whether they stand within a string of a JSON text. */
function stringReader(json: string): (offset: number) => boolean {
  let at = 0;
  let isInString = false;
  return (offset) => {
    for (; at < offset; at += 1) {
      if (json[at] === '"') isInString = !isInString;
      else if (isInString && json[at] === '\\') at += 1;
    }
    return isInString;
  };
}

function join(first: ActedFinding, other: ActedFinding): ActedFinding {
  const { start, kind } = first;
  const action = first.action === 'REDACT' || other.action === 'REDACT' ? 'REDACT' : 'MASK';
  const isInside = other.end <= first.end;
  if (isInside && action === first.action) return first;
  return { text: first.text, start, end: Math.max(first.end, other.end), kind, action };
}
