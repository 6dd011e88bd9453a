import { z } from 'zod';
import { idPattern } from '#core/input.ts';
import { defineRule, nothingFound } from '../guardrail.ts';

const options = z.strictObject({
  /** As consents name it. */
  purpose: z
    .string()
    .regex(idPattern, 'must be a purpose: 1 to 64 lower-case letters, digits, dots, dashes or underscores'),
});

/** Finds calls for end users that have not consented. */
export const consent = defineRule({
  name: 'consent',
  summary: 'Calls for an end user, or for none, that has not consented to a purpose.',
  options,
  stages: ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'],
  hasSpans: false,
  reach: 'LOCAL',
  needs: 'SERVICES',
  prepare: ({ purpose }) => ({
    looksAtCalls: true,
    async check(_texts, { hasConsent = noConsent }) {
      if (await hasConsent(purpose)) return nothingFound;
      return { fired: true, reason: `the end user has not consented to ${purpose}`, findings: [] };
    },
  }),
});

const noConsent = () => false;
