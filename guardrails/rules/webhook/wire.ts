import type { Finding, GuardedText, RuleContext, RuleResult } from '../../guardrail.ts';
import type { WebhookOptions } from './options.ts';

/** The requests and answers of one kind of server. */
export interface WebhookWire {
  /** The body of the request; null: there is nothing to look at. Throws where the texts are too much for one. */
  write(
    texts: readonly GuardedText[],
    options: WebhookOptions,
    context: Pick<RuleContext, 'tenantId'>,
  ): string | null;
  /** What an answer states of the texts that `write` has written. Throws where it is not of the form, or names places that are not there. */
  read(answer: unknown, texts: readonly GuardedText[]): RuleResult;
}

/** Findings that are read of one answer. */
export const webhookFindingsMax = 1_000;

const kindPattern = /^[A-Z][A-Z_]{0,23}$/;

/** The name of a finding for a type as a vendor writes it. */
export function toKind(type: string): string {
  const kind = type
    .toUpperCase()
    .replace(/[^A-Z]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 24);
  return kindPattern.test(kind) ? kind : 'FOUND';
}

/** The finding, if its place is one of the text. Throws otherwise. */
export function checkedFinding(finding: Finding, texts: readonly Pick<GuardedText, 'text'>[]): Finding {
  const { text: number, start, end } = finding;
  const text = texts[number]?.text;
  const isThere = text !== undefined && start >= 0 && start < end && end <= text.length;
  if (!isThere || splitsPair(text, start) || splitsPair(text, end)) {
    throw new Error('A finding names a place that is none of the texts.');
  }
  return finding;
}

function splitsPair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}
