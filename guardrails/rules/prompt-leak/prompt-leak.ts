import { z } from 'zod';
import { defineRule, nothingFound, type PreparedRule, type RuleContext } from '../../guardrail.ts';
import { foldText } from '../../text/folded-text.ts';
import { readDisguised, reverseText, rotateText } from '../../text/hidden/disguised-texts.ts';
import { type Search, scanTexts, type TextMatch } from '../../text/scan.ts';
import { spelledReading } from '../../text/spelled-text.ts';
import { visitWords } from '../../text/visit-words.ts';
import { createWordMatcher } from '../../text/word-matcher.ts';
import { placeInSource } from '../../text/word-search.ts';
import { createProtectedTexts, findRuns, type ProtectedText } from './protected-texts.ts';

const heldCharsMax = 200;

const options = z.strictObject({
  /** Texts that the author of an app puts into system messages, and that no answer has to hold. */
  canaries: z.array(z.string().trim().min(6).max(100)).max(50).default([]),
  /** Words in a row that an answer shares with a system message. 0: only canaries are looked for. */
  wordsMin: z.int().min(0).max(40).default(12),
});

type Place = Pick<TextMatch, 'start' | 'end'>;

function readWords(text: string): readonly (Place & { readonly word: string })[] {
  const words: (Place & { readonly word: string })[] = [];
  visitWords(text, (start, end) => words.push({ word: text.slice(start, end), start, end }));
  return words;
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
    const matcher =
      canaries.length === 0
        ? null
        : createWordMatcher([canaries, canaries.map(rotateText), canaries.map(reverseText)].flat(), 'PART');
    const protectedTexts = createProtectedTexts(wordsMin);
    // Once per call, however often a stream is looked at.
    const systemByCall = new WeakMap<RuleContext, readonly ProtectedText[]>();

    function readSystem(context: RuleContext): readonly ProtectedText[] {
      let system = systemByCall.get(context);
      if (system === undefined) {
        system =
          wordsMin === 0
            ? []
            : context
                .callTexts()
                .filter(({ role, kind }) => role === 'system' && kind === 'message')
                .map(({ text }) => protectedTexts.read(text))
                .filter(({ runs }) => runs.size > 0);
        systemByCall.set(context, system);
      }
      return system;
    }

    function findPlaces(text: string, system: readonly ProtectedText[]): readonly Place[] {
      return [...(matcher?.find(text) ?? []), ...system.flatMap((one) => findRuns(text, one, wordsMin))];
    }

    const createSearch =
      (system: readonly ProtectedText[]): Search =>
      (text) => {
        const kind = 'SYSTEM_PROMPT';
        const folded = foldText(text);
        const plain = findPlaces(folded.text, system);
        const spelled = plain.length === 0 ? spelledReading.read(folded.text) : folded.text;
        const found = spelled === folded.text ? plain : findPlaces(spelled, system);
        if (found.length > 0) return found.map((place) => ({ ...placeInSource(folded, place), kind }));
        return readDisguised(text)
          .filter((hidden) => findPlaces(foldText(hidden.text).text, system).length > 0)
          .map(({ start, end }) => ({ start, end, kind }));
      };

    const holdFrom: NonNullable<PreparedRule['holdFrom']> = (text, context) => {
      const hasRuns = context === undefined || readSystem(context).length > 0;
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
        if (system.length === 0 && canaries.length === 0) return nothingFound;
        return scanTexts(texts, createSearch(system), 'it repeats the system message');
      },
      holdFrom,
    };
  },
});
