import type { PolicyRule } from './pipeline/policy-rule.ts';

const always = { sample: 1, note: null, reroute: null, unlessConsent: null } as const;

/**
 * The rules that `HEDDLE_GUARDRAILS=default` stands for: what protects without options of its own, and neither holds a stream until it is whole
 * nor changes what most answers have. docs/guardrails.md lists them; `npm run redteam` measures what they stop.
 */
export const defaultPolicyRules: readonly PolicyRule[] = [
  { rule: 'secrets', stages: ['INPUT'], action: 'MASK', options: {}, ...always },
  { rule: 'secrets', stages: ['OUTPUT'], action: 'REDACT', options: {}, ...always },
  { rule: 'pii', stages: ['INPUT'], action: 'MASK', options: {}, ...always },
  {
    rule: 'pii',
    stages: ['OUTPUT'],
    action: 'REDACT',
    options: { kinds: ['CREDIT_CARD', 'IBAN', 'NATIONAL_ID', 'PASSPORT'] },
    ...always,
  },
  { rule: 'injection', stages: ['INPUT'], action: 'BLOCK', options: {}, ...always },
  { rule: 'prompt_leak', stages: ['OUTPUT'], action: 'BLOCK', options: {}, ...always },
  { rule: 'links', stages: ['OUTPUT'], action: 'REDACT', options: { loadedOnly: true }, ...always },
];
