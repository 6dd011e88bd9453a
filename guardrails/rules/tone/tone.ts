import { z } from 'zod';
import { defineRule, type GuardedText } from '../../guardrail.ts';
import { prepareJudge } from '../judge/judging.ts';
import { judgeOptions } from '../judge/options.ts';
import { type Tone, toneNames, tones } from './tones.ts';

const options = z
  .strictObject({
    ...judgeOptions,
    allowed: z.array(z.enum(toneNames)).default([]),
    denied: z.array(z.enum(toneNames)).default([]),
  })
  .refine(({ allowed, denied }) => allowed.length + denied.length > 0, {
    path: ['allowed'],
    message: 'or `denied` must have a tone',
  })
  .refine(({ allowed, denied }) => !allowed.some((tone) => denied.includes(tone)), {
    path: ['denied'],
    message: 'must not have a tone that is allowed too',
  });

/** Has an AI model judge the tone of what people and AI models write. */
export const toneRule = defineRule({
  name: 'tone',
  summary: 'Messages in a denied tone, or in none of the allowed ones, as an AI model judges them.',
  options,
  stages: ['INPUT', 'OUTPUT'],
  hasSpans: false,
  reach: 'REMOTE',
  prepare({ allowed, denied, ...judging }) {
    const judge = prepareJudge({ ...judging, rubric: writeRubric(allowed, denied) });
    return { ...judge, check: (texts, context) => judge.check(texts.filter(hasTone), context) };
  },
});

/** System messages and data are not written to a person. */
function hasTone({ kind, role }: GuardedText): boolean {
  return (kind === 'message' || kind === 'refusal') && role !== 'system' && role !== 'tool';
}

function writeRubric(allowed: readonly Tone[], denied: readonly Tone[]): string {
  const describe = (names: readonly Tone[]) =>
    names.map((name) => `- ${name.toLowerCase()}: ${tones[name]}`).join('\n');
  return [
    'Judge the tone of the texts, and not what they are about. A tone that is only quoted or described does not count.',
    allowed.length === 0 ? '' : `Each text has to be in one of these tones:\n${describe(allowed)}`,
    denied.length === 0 ? '' : `No part of a text may be in one of these tones:\n${describe(denied)}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
