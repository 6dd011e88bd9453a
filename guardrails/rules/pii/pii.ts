import { defineRule, type Finding, guardrailStages, nothingFound } from '../../guardrail.ts';
import { findVisibleAndHidden, type VisibleSearch } from '../../text/hidden/hidden-matches.ts';
import { textsOfShare } from '../../text/texts-of-share.ts';
import type { FoundPii } from './finder.ts';
import { holdPiiFrom } from './hold-from.ts';
import { piiOptions } from './options.ts';

/** The finders have the plans of all countries, which only meshes with such a policy load. */
let loading: Promise<typeof import('./find-pii.ts')> | undefined;

function loadFinders(): Promise<typeof import('./find-pii.ts')> {
  loading ??= import('./find-pii.ts');
  return loading;
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
  isDivisible: true,
  load: loadFinders,
  prepare: (stated) => {
    let search: VisibleSearch<FoundPii> | undefined;
    return {
      check: async (texts, { share }) => {
        search ??= (await loadFinders()).createPiiSearch(stated);
        const findings: Finding[] = [];
        for (const { number, guarded, range } of textsOfShare(texts, share)) {
          for (const { start, end, kind } of await findVisibleAndHidden(guarded, search, range))
            findings.push({ text: number, start, end, kind });
        }
        const [first] = findings;
        if (first === undefined) return nothingFound;
        return { fired: true, reason: `it seems to hold personal data (${first.kind})`, findings };
      },
      holdFrom: (text) => holdPiiFrom(text, stated.kinds),
    };
  },
});
