import type { GuardedText, Guardrail, Verdict } from './guardrail.ts';

/** Credentials by the shapes that their makers document. Every pattern is bounded: none backtracks over its input. */
const shapes: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]{1,12} ){0,2}PRIVATE KEY-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10}/],
  ['an OpenAI key', /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32}/],
  ['an Anthropic key', /\bsk-ant-[A-Za-z0-9_-]{24}/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}/],
  ['a Stripe secret key', /\b[sr]k_live_[A-Za-z0-9]{20}/],
  ['a Heddle API key', /\bhd_[A-Za-z0-9]{4,32}_[A-Za-z0-9_-]{16}/],
];

function check({ texts }: GuardedText): Verdict {
  for (const text of texts) {
    for (const [what, pattern] of shapes) {
      if (pattern.test(text)) {
        return {
          allowed: false,
          reason: `it seems to hold ${what}; remove it, and replace it where it was in use`,
        };
      }
    }
  }
  return { allowed: true };
}

/** Refuses texts that hold a credential, on their way in and on their way out. */
export const secretsGuardrail: Guardrail = { name: 'secrets', checkInput: check, checkOutput: check };
