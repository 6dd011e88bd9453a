import { z } from 'zod';
import { findSecretInAny } from '#core/secrets/secret-shapes.ts';
import {
  defineRule,
  type GuardedText,
  guardrailStages,
  nothingFound,
  type RuleResult,
} from '../guardrail.ts';

function refuse(what: string): RuleResult {
  const reason = `it seems to hold ${what}; remove it, and replace it where it was in use`;
  return { fired: true, reason, findings: [] };
}

function hasPassword(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && (url.username !== '' || url.password !== '');
}

/** Looks at each text, and at all of them in one, where a credential split over several is whole. */
async function check(guarded: readonly GuardedText[]): Promise<RuleResult> {
  const texts = guarded.map(({ text }) => text);
  const what = await findSecretInAny(texts.length > 1 ? [...texts, texts.join('')] : texts);
  if (what !== null) return refuse(what);
  const isUnsafe = guarded.some(({ kind, text }) => kind === 'url' && hasPassword(text));
  return isUnsafe ? refuse('an address with a password') : nothingFound;
}

/** Finds credentials in texts, on their way in and on their way out. */
export const secrets = defineRule({
  name: 'secrets',
  summary: 'Keys, tokens, passwords in addresses and private keys.',
  options: z.strictObject({}),
  stages: guardrailStages,
  hasSpans: false,
  reach: 'LOCAL',
  prepare: () => ({ check }),
});
