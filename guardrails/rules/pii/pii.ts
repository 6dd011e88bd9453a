import { findInParts } from '#core/text/find-in-parts.ts';
import {
  defineRule,
  type Finding,
  type GuardedText,
  guardrailStages,
  nothingFound,
} from '../../guardrail.ts';
import { findVisibleAndHidden, selectPart, type VisibleSearch } from '../../text/hidden/hidden-matches.ts';
import type { FoundPii } from './finder.ts';
import { holdPiiFrom } from './hold-from.ts';
import { piiOptions } from './options.ts';

/** Parts of a long text, with what is looked at before and after each. */
const [partLength, around] = [16_384, [256, 256]] as const;

/** The finders have the plans of all countries, which only meshes with such a policy load. */
let loading: Promise<typeof import('./find-pii.ts')> | undefined;

function loadFinders(): Promise<typeof import('./find-pii.ts')> {
  loading ??= import('./find-pii.ts');
  return loading;
}

async function findIn(
  guarded: GuardedText,
  number: number,
  search: VisibleSearch<FoundPii>,
): Promise<readonly Finding[]> {
  const found = await findInParts(guarded.text, partLength, around, (part) =>
    findVisibleAndHidden(selectPart(guarded, part), search),
  );
  return found.map((one) => ({ text: number, ...one }));
}

/** Finds what identifies a person by its form and its check digits, in each text for itself. */
export const pii = defineRule({
  name: 'pii',
  summary:
    'Personal data: email addresses, phone numbers, cards, IBANs, national ids, passports, IP addresses, dates of birth.',
  options: piiOptions,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  load: loadFinders,
  prepare: (stated) => {
    let search: VisibleSearch<FoundPii> | undefined;
    return {
      check: async (texts) => {
        search ??= (await loadFinders()).createPiiSearch(stated);
        const findings: Finding[] = [];
        for (const [number, text] of texts.entries()) {
          for (const found of await findIn(text, number, search)) findings.push(found);
        }
        const [first] = findings;
        if (first === undefined) return nothingFound;
        return { fired: true, reason: `it seems to hold personal data (${first.kind})`, findings };
      },
      holdFrom: (text) => holdPiiFrom(text, stated.kinds),
    };
  },
});
