import { z } from 'zod';
import { modelOptions } from '../judge/options.ts';

/** The form in which the AI model is called and answers. */
const formats = ['LLAMA_GUARD', 'GRANITE_GUARDIAN', 'SHIELDGEMMA'] as const;

export const moderationOptions = z
  .strictObject({
    ...modelOptions,
    format: z.enum(formats).default('LLAMA_GUARD'),
    /** Of LLAMA_GUARD: the codes that are denied; all where it is left out. */
    categories: z
      .array(z.string().regex(/^S\d{1,2}$/, 'must be a code of Llama Guard such as S1'))
      .min(1)
      .max(50)
      .optional(),
    /** Of GRANITE_GUARDIAN: the risk that is looked for. */
    risk: z
      .string()
      .regex(/^[a-z][a-z_]{0,49}$/, 'must be 1 to 50 small letters and underscores')
      .default('harm'),
    /** Of SHIELDGEMMA: what texts must not have, in the words of a policy. */
    policy: z.string().trim().min(1).max(10_000).optional(),
  })
  .refine(({ format, categories }) => format === 'LLAMA_GUARD' || categories === undefined, {
    path: ['categories'],
    message: 'belongs to the format LLAMA_GUARD',
  })
  .refine(({ format, policy }) => (format === 'SHIELDGEMMA') === (policy !== undefined), {
    path: ['policy'],
    message: 'is required for the format SHIELDGEMMA, and belongs to it alone',
  });

export type ModerationOptions = z.output<typeof moderationOptions>;
