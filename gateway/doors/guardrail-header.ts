import type { ServerResponse } from 'node:http';
import type { ClientError } from '../errors.ts';
import type { HeaderVerdictFragment } from './operations.generated.ts';

const header = 'x-heddle-guardrails';
/** Characters of the header: more rules than these have room for are not named. */
const charsMax = 1_000;

/**
 * Sets `x-heddle-guardrails` where rules of guardrails found something: a list of RFC 9651 that has each rule with what became of its findings, such as
 * `pii;action=MASK;stage=INPUT`. It holds nothing of a text.
 */
export function setGuardrailHeader(
  response: ServerResponse,
  verdicts: readonly HeaderVerdictFragment[],
): void {
  if (verdicts.length === 0) return;
  const fired = verdicts.filter((verdict) => verdict.fired);
  const items = new Set(fired.map(({ rule, action, stage }) => `${rule};action=${action};stage=${stage}`));
  let value = '';
  for (const item of items) {
    const longer = value === '' ? item : `${value}, ${item}`;
    if (longer.length > charsMax) break;
    value = longer;
  }
  if (value !== '') response.setHeader(header, value);
}

/** The rule that a refusal is by; empty where no guardrail has refused. */
export function readRefusingRule({ extensions }: ClientError): readonly HeaderVerdictFragment[] {
  const { code, guardrail, stage } = extensions ?? {};
  if (code !== 'GUARDRAIL_BLOCKED' || typeof guardrail !== 'string') return [];
  return [{ rule: guardrail, action: 'BLOCK', stage: stage === 'output' ? 'OUTPUT' : 'INPUT', fired: true }];
}
