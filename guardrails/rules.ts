import type { Rule, RuleEndpoint } from './guardrail.ts';
import { consent } from './rules/consent.ts';
import { groundedness } from './rules/groundedness.ts';
import { injection } from './rules/injection/injection.ts';
import { judge } from './rules/judge/judge.ts';
import { languageRule } from './rules/language.ts';
import { length } from './rules/length.ts';
import { links } from './rules/links/links.ts';
import { markup } from './rules/markup/markup.ts';
import { moderation } from './rules/moderation/moderation.ts';
import { pattern } from './rules/pattern/pattern.ts';
import { pii } from './rules/pii/pii.ts';
import { profanity } from './rules/profanity/profanity.ts';
import { promptLeak } from './rules/prompt-leak/prompt-leak.ts';
import { schemaRule } from './rules/schema.ts';
import { secrets } from './rules/secrets.ts';
import { toneRule } from './rules/tone/tone.ts';
import { topics } from './rules/topics/topics.ts';
import { webhook } from './rules/webhook/webhook.ts';
import { listedWords } from './rules/words.ts';

/** Every rule that a policy can name, in the order in which LOCAL ones run: the cheap ones first. */
export const knownRules: readonly Rule[] = [
  consent,
  length,
  listedWords,
  profanity,
  topics,
  pattern,
  secrets,
  pii,
  links,
  markup,
  promptLeak,
  injection,
  languageRule,
  groundedness,
  schemaRule,
  webhook,
  judge,
  toneRule,
  moderation,
];

/** The rule of a name; undefined: there is none. */
export function findRule(name: string): Rule | undefined {
  return knownRules.find((rule) => rule.name === name);
}

/** Where a rule sends texts, by its options; null: nowhere. Throws a ZodError where the options do not state it. */
export function readEndpoint(name: string, options: unknown): RuleEndpoint | null {
  return findRule(name)?.readEndpoint?.(options) ?? null;
}
