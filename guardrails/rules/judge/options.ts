import { z } from 'zod';

/** Options of rules that call an AI model. */
export const modelOptions = {
  /** The AI model or route, as callers of the policy's owner name it. */
  model: z.string().trim().min(1).max(256),
  /** Of each question. */
  timeoutMs: z.number().int().min(50).max(30_000).default(5_000),
};

/** Options of whatever has texts judged. */
export const judgeOptions = {
  ...modelOptions,
  /** The lowest score that passes, 0 to 1. */
  passMark: z.number().min(0).max(1).default(0.5),
  /** What the answer may take; AI models that reason require more. */
  outputTokensMax: z.number().int().min(50).max(16_000).default(500),
};
