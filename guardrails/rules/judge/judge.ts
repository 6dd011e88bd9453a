import { z } from 'zod';
import { defineRule, guardrailStages } from '../../guardrail.ts';
import { prepareJudge } from './judging.ts';
import { judgeOptions } from './options.ts';

const options = z.strictObject({
  ...judgeOptions,
  /** What the texts have to meet. */
  rubric: z.string().trim().min(1).max(10_000),
});

/** Has an AI model judge the texts by a rubric of the policy. */
export const judge = defineRule({
  name: 'judge',
  summary: "Texts that an AI model scores below a pass mark, by the policy's rubric.",
  options,
  stages: guardrailStages,
  hasSpans: false,
  reach: 'REMOTE',
  prepare: prepareJudge,
});
