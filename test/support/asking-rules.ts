import type { GuardrailAction } from '#guardrails/guardrail.ts';
import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import { wordRule } from './word-rules.ts';

/** A REMOTE rule that calls an AI model with all texts, and finds them bad where it answers "bad". */
export function askingRule(
  action: GuardrailAction,
  {
    model = 'beta/one',
    timeoutMs = 5_000,
    remembers = false,
    ...more
  }: Partial<PlannedRule> & {
    readonly model?: string;
    readonly timeoutMs?: number;
    readonly remembers?: boolean;
  } = {},
): PlannedRule {
  const prepared: PlannedRule['prepared'] = {
    callsModels: true,
    async check(texts, { callModel }) {
      if (callModel === undefined) throw new Error('It cannot call an AI model.');
      const user = texts.map(({ text }) => text).join('\n');
      const question = { model, system: 'Is it bad?', user, maxOutputTokens: 100, timeoutMs };
      const answer = await callModel(question);
      if (answer !== 'bad' && answer !== 'good') throw new Error('It has no verdict.');
      return answer === 'bad' ? { fired: true, reason: 'it is bad', findings: [] } : { fired: false };
    },
    ...(remembers ? { rememberBy: () => '' } : {}),
  };
  const rule = wordRule(/x/, action, { rule: 'asking', stages: ['INPUT'], reach: 'REMOTE', ...more });
  return { ...rule, prepared };
}
