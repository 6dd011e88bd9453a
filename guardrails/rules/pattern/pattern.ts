import { RE2JS, RE2JSException } from 're2js';
import { z } from 'zod';
import { WorkTurns } from '#core/work-turns.ts';
import { defineRule, guardrailStages, type PreparedRule } from '../../guardrail.ts';
import { type Search, scanTexts, type TextMatch } from '../../text/scan.ts';
import { kindName } from '../options.ts';
import { findLengthMax } from './length-max.ts';

const patternsMax = 50;
/** Instructions of all compiled patterns of a policy together. A small pattern has ten. */
const instructionsMax = 10_000;
/** Of the largest pattern whose looks for one place take so little that they need no thread of their own. */
const instructionsUsual = 48;
/** What a rule that looks at growing texts may hold back. */
const heldCharsMax = 200;

const options = z
  .strictObject({
    patterns: z
      .array(
        z.strictObject({
          pattern: z.string().min(1).max(500),
          kind: kindName.default('PATTERN'),
          ignoreCase: z.boolean().default(false),
        }),
      )
      .min(1)
      .max(patternsMax),
  })
  .transform(({ patterns }, context) => {
    let instructions = 0;
    return patterns.map(({ pattern, kind, ignoreCase }, number) => {
      const compiled = compile(pattern, ignoreCase);
      if (typeof compiled === 'string') {
        context.addIssue({ code: 'custom', path: ['patterns', number, 'pattern'], message: compiled });
        return z.NEVER;
      }
      instructions += compiled.programSize();
      if (instructions > instructionsMax) {
        const message = `is too large: all patterns together may have ${instructionsMax} instructions`;
        context.addIssue({ code: 'custom', path: ['patterns', number, 'pattern'], message });
        return z.NEVER;
      }
      return { compiled, kind, lengthMax: findLengthMax(pattern), instructions: compiled.programSize() };
    });
  });

type Pattern = z.output<typeof options>[number];

/** The compiled pattern, or what is wrong with it. */
function compile(pattern: string, ignoreCase: boolean): RE2JS | string {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.MULTILINE | (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0));
    return compiled.matches('') ? 'must not match the empty text' : compiled;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `is no pattern of RE2: ${error.message.slice(0, 200)}`;
  }
}

function createSearch(patterns: readonly Pattern[]): Search {
  return function* search(text): Generator<TextMatch | null> {
    for (const { compiled, kind } of patterns) {
      yield null;
      // A hundred times as fast as to look for places, of which most texts have none.
      if (!compiled.test(text)) continue;
      const matcher = compiled.matcher(text);
      while (matcher.find()) {
        const [start, end] = [matcher.start(), matcher.end()];
        if (end > start) yield { start, end, kind };
        // Each place may take a look at all that follows it.
        yield null;
      }
    }
  };
}

/** A look for one place takes up to 45 ns for each character and instruction, and is not divided. */
function computeCost(patterns: readonly Pattern[]): number {
  const largest = Math.max(...patterns.map(({ instructions }) => instructions));
  return largest <= instructionsUsual ? 1 : Math.ceil(largest / 7);
}

/** Undefined where a pattern has no bound that is small enough. The next character decides over `\b` and `$`. */
function createHold(patterns: readonly Pattern[]): PreparedRule['holdFrom'] {
  const held = Math.max(...patterns.map(({ lengthMax }) => lengthMax)) + 1;
  return held > heldCharsMax ? undefined : (text) => Math.max(0, text.length - held);
}

/** Finds what the patterns of a policy match, in time linear in the text. */
export const pattern = defineRule({
  name: 'pattern',
  summary: "What the policy's own patterns match.",
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  prepare: (patterns) => {
    const search = createSearch(patterns);
    const holdFrom = createHold(patterns);
    return {
      cost: computeCost(patterns),
      check: (texts, { workMsMax }) =>
        scanTexts(texts, search, 'it has what a pattern of the policy matches', new WorkTurns({ workMsMax })),
      ...(holdFrom === undefined ? {} : { holdFrom }),
    };
  },
});
