import { z } from 'zod';
import { defineRule, nothingFound, type PreparedRule, type RuleContext } from '../../guardrail.ts';
import { readDisguised } from '../../text/disguised-texts.ts';
import { type FoldedText, foldText } from '../../text/folded-text.ts';
import { type Search, scanTexts, type TextMatch } from '../../text/scan.ts';
import { visitWords } from '../../text/visit-words.ts';
import { createWordMatcher } from '../../text/word-matcher.ts';
import { placeInSource } from '../../text/word-search.ts';

const heldCharsMax = 200;

const options = z.strictObject({
  /** Texts that the author of an app puts into system messages, and that no answer has to hold. */
  canaries: z.array(z.string().trim().min(6).max(100)).max(50).default([]),
  /** Words in a row that an answer shares with a system message. 0: only canaries are looked for. */
  wordsMin: z.int().min(0).max(40).default(12),
});

type Place = Pick<TextMatch, 'start' | 'end'>;

/** The system messages of a call. */
interface Protected {
  /** All runs of so many words. */
  readonly runs: ReadonlySet<string>;
  /** All words. */
  readonly words: ReadonlySet<string>;
}

const unprotected: Protected = { runs: new Set(), words: new Set() };

function readWords(text: string): readonly (Place & { readonly word: string })[] {
  const words: (Place & { readonly word: string })[] = [];
  visitWords(text, (start, end) => words.push({ word: text.slice(start, end), start, end }));
  return words;
}

function collectRuns(context: RuleContext, wordsMin: number): Protected {
  const [runs, known] = [new Set<string>(), new Set<string>()];
  for (const { text, role, kind } of context.callTexts()) {
    if (role !== 'system' || kind !== 'message') continue;
    const words = readWords(foldText(text).text).map((each) => each.word);
    for (const word of words) known.add(word);
    for (let at = 0; at + wordsMin <= words.length; at += 1)
      runs.add(words.slice(at, at + wordsMin).join(' '));
  }
  return { runs, words: known };
}

/** The places in a folded text of all words that are part of a run. */
function findRuns(folded: string, { runs, words }: Protected, wordsMin: number): readonly Place[] {
  if (runs.size === 0) return [];
  const found: { readonly start: number; end: number; nextWord: number }[] = [];
  // The last words up to this one, while system messages have each of them.
  let known: { readonly word: string; readonly start: number }[] = [];
  let count = 0;
  visitWords(folded, (start, end) => {
    count += 1;
    const word = folded.slice(start, end);
    if (!words.has(word)) {
      if (known.length > 0) known = [];
      return;
    }
    known.push({ word, start });
    if (known.length > wordsMin) known.shift();
    if (known.length < wordsMin || !runs.has(known.map((each) => each.word).join(' '))) return;
    const last = found.at(-1);
    if (last !== undefined && count - wordsMin <= last.nextWord) {
      last.end = end;
      last.nextWord = count;
    } else found.push({ start: known[0]?.start ?? 0, end, nextWord: count });
  });
  return found;
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
    const systemByCall = new WeakMap<RuleContext, Protected>();

    function readSystem(context: RuleContext): Protected {
      let system = systemByCall.get(context);
      if (system === undefined) {
        system = wordsMin === 0 ? unprotected : collectRuns(context, wordsMin);
        systemByCall.set(context, system);
      }
      return system;
    }

    function findPlaces(folded: FoldedText, system: Protected): readonly Place[] {
      return [...matcher.find(folded.text), ...findRuns(folded.text, system, wordsMin)].map((place) =>
        placeInSource(folded, place),
      );
    }

    const createSearch =
      (system: Protected): Search =>
      (text) => {
        const kind = 'SYSTEM_PROMPT';
        const plain = findPlaces(foldText(text), system).map(({ start, end }) => ({ start, end, kind }));
        const disguised = [...readDisguised(text)]
          .filter((hidden) => findPlaces(foldText(hidden.text), system).length > 0)
          .map(({ start, end }) => ({ start, end, kind }));
        return plain.length === 0 ? disguised : plain;
      };

    const holdFrom: NonNullable<PreparedRule['holdFrom']> = (text, context) => {
      const hasRuns = context === undefined || readSystem(context).runs.size > 0;
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
        const system = readSystem(context);
        if (system.runs.size === 0 && canaries.length === 0) return nothingFound;
        return scanTexts(texts, createSearch(system), 'it repeats the system message');
      },
      holdFrom,
    };
  },
});
