import { z } from 'zod';
import { WorkTurns } from '#core/work-turns.ts';
import {
  defineRule,
  type Finding,
  type GuardedText,
  guardrailStages,
  nothingFound,
} from '../../guardrail.ts';
import { type FoldedText, foldText } from '../../text/folded-text.ts';
import { readPieces } from '../../text/pieces.ts';
import { findingsMax, fireWith } from '../../text/scan.ts';
import { createWordMatcher, type WordMatcher } from '../../text/word-matcher.ts';
import { placeInSource } from '../../text/word-search.ts';
import { kindName } from '../options.ts';
import { knownTopics } from './known-topics.ts';

/** Terms count together where they stand within so many characters. */
const stretchChars = 2_000;
const windowChars = 8_192;
/** Of the terms of known topics. */
const weights = { certain: 3, strong: 2, weak: 1 } as const;

const term = z.string().trim().min(1).max(100);
const weightedTerm = z.union(
  [
    term.transform((text) => ({ term: text, weight: 1 })),
    z.strictObject({ term, weight: z.number().positive().max(100) }),
  ],
  'must be a term, or { term, weight } with a weight of up to 100',
);
const names = z.array(kindName).max(50).default([]);

const options = z
  .strictObject({
    denied: names,
    allowed: names,
    /** Terms of the policy's own topics. One of a known name takes the place of the known one. */
    topics: z
      .record(kindName, z.array(weightedTerm).min(1).max(1_000))
      .refine((topics) => Object.keys(topics).length <= 50, 'must have at most 50 topics')
      .default({}),
    /** The weights of different terms that make a text one of a denied topic. */
    threshold: z.number().positive().max(1_000).default(3),
    /** Shorter texts are of any topic that is allowed: a greeting, a thank you. */
    wordsMin: z.int().min(0).max(1_000).default(5),
  })
  .superRefine(({ denied, allowed, topics }, context) => {
    if (denied.length + allowed.length === 0) context.addIssue('must have topics in denied or allowed');
    for (const name of [...denied, ...allowed]) {
      if (topics[name] !== undefined || knownTopics[name] !== undefined) continue;
      const known = Object.keys(knownTopics).join(', ');
      context.addIssue(`has no terms for ${name}; known without terms are ${known}`);
    }
  });

type Options = z.output<typeof options>;

interface Topic {
  readonly name: string;
  readonly weights: readonly number[];
  readonly matcher: WordMatcher;
}

function prepareTopic(name: string, own: Options['topics']): Topic {
  const { certain = [], strong, weak } = knownTopics[name] ?? { strong: [], weak: [] };
  const terms = own[name] ?? [
    ...certain.map((text) => ({ term: text, weight: weights.certain })),
    ...strong.map((text) => ({ term: text, weight: weights.strong })),
    ...weak.map((text) => ({ term: text, weight: weights.weak })),
  ];
  const matcher = createWordMatcher(
    terms.map((weighted) => weighted.term),
    'WORD',
  );
  return { name, weights: terms.map(({ weight }) => weight), matcher };
}

interface Score {
  /** Of the stretch that has the highest one. */
  readonly weight: number;
  readonly places: readonly { readonly start: number; readonly end: number }[];
}

/** How much a text is about a topic: the weights of different terms that stand close to each other. */
function scoreText(folded: FoldedText, { matcher, weights }: Topic): Score {
  const matches = matcher.find(folded.text);
  const counts = new Map<number, number>();
  let weight = 0;
  let highest = 0;
  let first = 0;
  const count = (entry: number, change: 1 | -1) => {
    const left = (counts.get(entry) ?? 0) + change;
    counts.set(entry, left);
    if (left === 0 || (left === 1 && change === 1)) weight += change * (weights[entry] ?? 0);
  };
  for (const { entry, start } of matches) {
    count(entry, 1);
    for (let oldest = matches[first]; oldest !== undefined; oldest = matches[first]) {
      if (start - oldest.start <= stretchChars) break;
      count(oldest.entry, -1);
      first += 1;
    }
    highest = Math.max(highest, weight);
  }
  return { weight: highest, places: matches.map((match) => placeInSource(folded, match)) };
}

/** The places of the terms of denied topics, in stretches that are about them. */
async function findDenied(
  texts: readonly GuardedText[],
  denied: readonly Topic[],
  threshold: number,
): Promise<readonly Finding[]> {
  const turns = new WorkTurns();
  const findings: Finding[] = [];
  for (const [number, guarded] of texts.entries()) {
    for (const piece of readPieces(guarded)) {
      for (let from = 0; from === 0 || from < piece.text.length; from += windowChars) {
        const folded = foldText(piece.text.slice(from, from + windowChars + stretchChars));
        for (const topic of denied) {
          const { weight, places } = scoreText(folded, topic);
          for (const { start, end } of weight < threshold ? [] : places) {
            if (findings.length > findingsMax) return findings;
            findings.push({ text: number, ...piece.place(from + start, from + end), kind: topic.name });
          }
          await turns.pass();
        }
      }
    }
  }
  return findings;
}

/** What an allowed topic is required of: the last message of a user, or the messages of an answer. */
function selectSubject(texts: readonly GuardedText[]): string {
  const messages = texts.filter(({ kind }) => kind === 'message' || kind === 'value');
  const last = messages.findLast(({ role }) => role === 'user');
  return (
    last?.text ??
    messages
      .filter(({ role }) => role !== 'system')
      .map(({ text }) => text)
      .join('\n')
  );
}

function isLong(text: string, wordsMin: number): boolean {
  return (text.match(/\p{L}+/gu)?.length ?? 0) >= wordsMin;
}

/** Finds texts about topics that are denied, or about none that is allowed, by their words. */
export const topics = defineRule({
  name: 'topics',
  summary: 'Texts about denied topics, or about none of the allowed ones, by their terms.',
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  prepare: ({ denied, allowed, topics: own, threshold, wordsMin }) => {
    const deniedTopics = denied.map((name) => prepareTopic(name, own));
    const allowedTopics = allowed.map((name) => prepareTopic(name, own));
    return {
      check: async (texts) => {
        const findings = await findDenied(texts, deniedTopics, threshold);
        const [found] = findings;
        if (found !== undefined) {
          return fireWith(findings, `it is about ${found.kind}`);
        }
        const subject = allowedTopics.length > 0 ? selectSubject(texts) : '';
        if (!isLong(subject, Math.max(1, wordsMin))) return nothingFound;
        const isAllowed = allowedTopics.some((topic) => scoreText(foldText(subject), topic).weight > 0);
        return isAllowed
          ? nothingFound
          : { fired: true, reason: 'it is about none of the allowed topics', findings: [] };
      },
    };
  },
});
