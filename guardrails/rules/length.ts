import { z } from 'zod';
import { defineRule, type Finding, type GuardedText, guardrailStages, nothingFound } from '../guardrail.ts';

const bound = z.int().min(0).max(100_000_000);

const options = z
  .strictObject({
    charactersMin: bound.optional(),
    charactersMax: bound.optional(),
    wordsMin: bound.optional(),
    wordsMax: bound.optional(),
    /** TEXT: each text on its own. ALL: those of a call or an answer together. */
    of: z.enum(['TEXT', 'ALL']).default('ALL'),
  })
  .refine(
    ({ of: _, ...bounds }) => Object.values(bounds).some((value) => value !== undefined),
    'must have charactersMin, charactersMax, wordsMin or wordsMax',
  );

type Options = z.output<typeof options>;

/** Kinds of texts that people and AI models write for each other; names, options and schemas are not counted. */
const counted: ReadonlySet<GuardedText['kind']> = new Set([
  'message',
  'tool-result',
  'file',
  'value',
  'transcript',
] as const);
/** A character of a script without spaces, or a run of letters and digits of another. */
const word =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]]+(?:['’.\-][\p{L}\p{N}\p{M}]+)*/gv;

function countWords(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(word)) count += 1;
  return count;
}

/** What is wrong with texts that are counted as one. */
interface Problem {
  readonly reason: string;
  /** Cutting characters off the end solves it. */
  readonly isExcess: boolean;
}

function findProblem(texts: readonly string[], limits: Options): Problem | null {
  const { charactersMin = 0, charactersMax = Infinity, wordsMin = 0, wordsMax = Infinity } = limits;
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const words = needsWords(limits) ? texts.reduce((sum, text) => sum + countWords(text), 0) : wordsMin;
  if (characters < charactersMin)
    return { reason: `it has fewer than ${charactersMin} characters`, isExcess: false };
  if (words < wordsMin) return { reason: `it has fewer than ${wordsMin} words`, isExcess: false };
  if (words > wordsMax) return { reason: `it has more than ${wordsMax} words`, isExcess: false };
  if (characters <= charactersMax) return null;
  return { reason: `it has more than ${charactersMax} characters`, isExcess: limits.of === 'TEXT' };
}

function needsWords({ wordsMin, wordsMax }: Options): boolean {
  return wordsMin !== undefined || wordsMax !== undefined;
}

/** What REDACT cuts off. */
function findExcess(texts: readonly GuardedText[], { charactersMax }: Options): readonly Finding[] {
  if (charactersMax === undefined) return [];
  return [...texts.entries()]
    .filter(([, { text, kind }]) => counted.has(kind) && text.length > charactersMax)
    .map(([number, { text }]) => {
      // A pair of surrogates stays or goes as one.
      const isPair = /[\ud800-\udbff]/.test(text[charactersMax - 1] ?? '');
      const start = isPair ? charactersMax - 1 : charactersMax;
      return { text: number, start, end: text.length, kind: 'LENGTH', replacement: '' };
    });
}

/** Finds texts that are too long or too short. */
export const length = defineRule({
  name: 'length',
  summary: 'Texts with too many or too few characters or words.',
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  prepare: (limits) => ({
    check: (texts) => {
      const sources = texts.filter(({ kind }) => counted.has(kind)).map(({ text }) => text);
      if (sources.length === 0) return nothingFound;
      const groups = limits.of === 'ALL' ? [sources] : sources.map((text) => [text]);
      const problems = groups.flatMap((group) => findProblem(group, limits) ?? []);
      const [first] = problems;
      if (first === undefined) return nothingFound;
      const findings = problems.every(({ isExcess }) => isExcess) ? findExcess(texts, limits) : [];
      return { fired: true, reason: first.reason, findings };
    },
  }),
});
