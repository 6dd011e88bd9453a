import { z } from 'zod';
import { hasNumberingPlan } from './phone/numbering-plans.ts';

const piiKinds = [
  ...([
    'EMAIL',
    'PHONE',
    'CREDIT_CARD',
    'IBAN',
    'NATIONAL_ID',
    'PASSPORT',
    'IP_ADDRESS',
    'DATE_OF_BIRTH',
  ] as const),
] as const;

/** What a policy may state of the rule. */
export const piiOptions = z.strictObject({
  /** What is looked for. */
  kinds: z
    .array(z.enum(piiKinds))
    .min(1)
    .default([...piiKinds]),
  /** Countries (ISO 3166-1 alpha-2) whose ids and telephone numbers are looked for; absent: all. */
  regions: z
    .array(z.string().refine(hasNumberingPlan, 'must be a country of ISO 3166-1 such as GB'))
    .min(1)
    .max(60)
    .optional(),
  /** Further words that announce an id. */
  words: z.array(z.string().trim().min(2).max(40)).max(100).default([]),
  /** Whether addresses of private networks count. */
  privateIps: z.boolean().default(false),
  /** Values that pass; `@example.com` for all addresses of mail at a domain. */
  allow: z.array(z.string().trim().min(1).max(254)).max(1_000).default([]),
});

export type PiiOptions = z.infer<typeof piiOptions>;
