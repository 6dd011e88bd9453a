import type { Rule } from './guardrail.ts';
import { secrets } from './rules/secrets.ts';

/** Every rule that a policy can name, in the order in which LOCAL ones run: the cheap ones first. */
export const knownRules: readonly Rule[] = [secrets];

/** The rule of a name; undefined: there is none. */
export function findRule(name: string): Rule | undefined {
  return knownRules.find((rule) => rule.name === name);
}
