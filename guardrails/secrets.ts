import { findSecretInAny } from '#core/secrets/secret-shapes.ts';
import type { GuardedText, Guardrail, Verdict } from './guardrail.ts';

function refuse(what: string): Verdict {
  return {
    allowed: false,
    reason: `it seems to hold ${what}; remove it, and replace it where it was in use`,
  };
}

function hasPassword(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && (url.username !== '' || url.password !== '');
}

/** Looks at each text, and at all of them in one, where a credential split over several is whole. */
async function check({ texts, urls }: GuardedText): Promise<Verdict> {
  const what = await findSecretInAny(texts.length > 1 ? [...texts, texts.join('')] : texts);
  if (what !== null) return refuse(what);
  return urls.some(hasPassword) ? refuse('an address with a password') : { allowed: true };
}

/** Refuses texts that hold a credential, on their way in and on their way out. */
export const secretsGuardrail: Guardrail = { name: 'secrets', checkInput: check, checkOutput: check };
