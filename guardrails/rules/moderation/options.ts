import { z } from 'zod';
import { type ModerationCategory, moderationCategories } from '#core/moderation-categories.ts';
import { modelOptions } from '../judge/options.ts';

/** The form in which the AI model is called and answers: that of a chat, or of its provider's endpoint for moderation. */
const formats = ['LLAMA_GUARD', 'GRANITE_GUARDIAN', 'SHIELDGEMMA', 'SCORES'] as const;
type Format = (typeof formats)[number];

/** From this score on a category is denied; null: it is not. */
const threshold = z.number().gt(0).max(1).nullable();

/** What of a call an AI model can be sent. */
const contents = ['TEXT', 'IMAGE', 'CONVERSATION'] as const;

/** The options that belong to one format alone. */
const ownOptions = {
  categories: 'LLAMA_GUARD',
  policy: 'SHIELDGEMMA',
  thresholds: 'SCORES',
  looksAt: 'SCORES',
} as const satisfies Readonly<Record<string, Format>>;

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
    /**
     * Of SCORES: by category. `default` is that of the categories that are not named; where it is left out, the provider's own verdict counts for
     * these.
     */
    thresholds: z
      .strictObject({
        default: threshold.optional(),
        ...(Object.fromEntries(
          moderationCategories.map((category) => [category, threshold.optional()]),
        ) as Readonly<Record<ModerationCategory, z.ZodOptional<typeof threshold>>>),
      })
      .refine((stated) => stated.default !== null || Object.values(stated).some((each) => each != null), {
        message: 'must deny something',
      })
      .optional(),
    /** Of SCORES: what is sent; texts alone where it is left out. */
    looksAt: z.array(z.enum(contents)).min(1).max(contents.length).optional(),
  })
  .superRefine((options, context) => {
    for (const [name, format] of Object.entries(ownOptions)) {
      if (options[name as keyof typeof ownOptions] === undefined || options.format === format) continue;
      context.addIssue({ code: 'custom', path: [name], message: `belongs to the format ${format}` });
    }
    if (options.format === 'SHIELDGEMMA' && options.policy === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['policy'],
        message: 'is required for the format SHIELDGEMMA',
      });
    }
  });

export type ModerationOptions = z.output<typeof moderationOptions>;
/** The formats of AI models that are called in a chat. */
export type ChatFormatName = Exclude<Format, 'SCORES'>;

/** Whether this is sent to the AI model. */
export function looksAt({ looksAt: stated }: ModerationOptions, content: (typeof contents)[number]): boolean {
  return stated === undefined ? content === 'TEXT' : stated.includes(content);
}
