import { z } from 'zod';
import { defineRule, nothingFound, type PreparedRule, type RuleContext } from '../../guardrail.ts';
import { readDisguised } from '../../text/disguised-texts.ts';
import { type FoldedText, foldText } from '../../text/folded-text.ts';
import { type Search, scanTexts, type TextMatch } from '../../text/scan.ts';
import { createWordMatcher } from '../../text/word-matcher.ts';
import { placeInSource } from '../../text/word-search.ts';

const heldCharsMax = 200;

const options = z.strictObject({
  /** Texts that the author of an app puts into system messages, and that no answer has to hold. */
  canaries: z.array(z.string().trim().min(6).max(100)).max(50).default([]),
  /** Words in a row that an answer shares with a system message. 0: only canaries are looked for. */
  wordsMin: z.int().min(0).max(40).default(12),
});

/** A word, or a character of a script without spaces. */
const word =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]]+/gv;

type Place = Pick<TextMatch, 'start' | 'end'>;

/** All runs of so many words in the system messages of a call. */
type Runs = ReadonlySet<string>;

function readWords(folded: string): readonly (Place & { readonly word: string })[] {
  return [...folded.matchAll(word)].map(({ 0: found, index }) => ({
    word: found,
    start: index,
    end: index + found.length,
  }));
}

function collectRuns(context: RuleContext, wordsMin: number): Runs {
  const runs = new Set<string>();
  for (const { text, role, kind } of context.callTexts()) {
    if (role !== 'system' || kind !== 'message') continue;
    const words = readWords(foldText(text).text).map((each) => each.word);
    for (let at = 0; at + wordsMin <= words.length; at += 1)
      runs.add(words.slice(at, at + wordsMin).join(' '));
  }
  return runs;
}

/** The places in a folded text of all words that are part of a run. */
function* findRuns(folded: string, runs: Runs, wordsMin: number): Generator<Place> {
  if (runs.size === 0) return;
  const words = readWords(folded);
  let open: { start: number; end: number; last: number } | undefined;
  for (let at = 0; at + wordsMin <= words.length; at += 1) {
    const run = words.slice(at, at + wordsMin);
    if (!runs.has(run.map((each) => each.word).join(' '))) continue;
    const [start, end] = [run[0]?.start ?? 0, run.at(-1)?.end ?? 0];
    if (open !== undefined && at <= open.last) open = { ...open, end, last: at + wordsMin };
    else {
      if (open !== undefined) yield open;
      open = { start, end, last: at + wordsMin };
    }
  }
  if (open !== undefined) yield open;
}

/** Finds system messages, and canaries in them, that an answer repeats, also where they are encoded. */
export const promptLeak = defineRule({
  name: 'prompt_leak',
  summary: 'Canaries and long pieces of the system messages in an answer.',
  options,
  stages: ['OUTPUT', 'TOOL_INPUT'],
  hasSpans: true,
  reach: 'LOCAL',
  needs: 'CALL_TEXTS',
  prepare: ({ canaries, wordsMin }) => {
    const matcher = createWordMatcher(canaries, 'PART');
    // Once per call, however often a stream is looked at.
    const runsByCall = new WeakMap<RuleContext, Runs>();

    function readRuns(context: RuleContext): Runs {
      let runs = runsByCall.get(context);
      if (runs === undefined) {
        runs = wordsMin === 0 ? new Set() : collectRuns(context, wordsMin);
        runsByCall.set(context, runs);
      }
      return runs;
    }

    function findPlaces(folded: FoldedText, runs: Runs): readonly Place[] {
      return [...matcher.find(folded.text), ...findRuns(folded.text, runs, wordsMin)].map((place) =>
        placeInSource(folded, place),
      );
    }

    const createSearch =
      (runs: Runs): Search =>
      (text) => {
        const kind = 'SYSTEM_PROMPT';
        const plain = findPlaces(foldText(text), runs).map(({ start, end }) => ({ start, end, kind }));
        const disguised = [...readDisguised(text)]
          .filter((hidden) => findPlaces(foldText(hidden.text), runs).length > 0)
          .map(({ start, end }) => ({ start, end, kind }));
        return plain.length === 0 ? disguised : plain;
      };

    const holdFrom: NonNullable<PreparedRule['holdFrom']> = (text, context) => {
      const hasRuns = context === undefined || readRuns(context).size > 0;
      const from = Math.max(0, text.length - heldCharsMax);
      const tail = text.slice(from);
      const words = readWords(tail);
      // A run may begin at any of the last words, and the last word may continue.
      const run = wordsMin === 0 || !hasRuns ? tail.length : (words.at(-wordsMin)?.start ?? 0);
      const longest = Math.max(0, ...canaries.map((canary) => canary.length)) * 2;
      return from + Math.max(0, Math.min(run, tail.length - longest));
    };

    return {
      check: async (texts, context) => {
        const runs = readRuns(context);
        if (runs.size === 0 && canaries.length === 0) return nothingFound;
        return scanTexts(texts, createSearch(runs), 'it repeats the system message');
      },
      holdFrom,
    };
  },
});
