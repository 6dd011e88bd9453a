import { z } from 'zod';

/** The name of what a rule finds, as placeholders have it. */
export const kindName = z
  .string()
  .regex(/^[A-Z][A-Z_]{0,23}$/, 'must be 1 to 24 capitals and underscores, the first a capital');

/** Words or phrases of a policy. */
export const wordList = z.array(z.string().trim().min(1).max(100)).max(10_000);
