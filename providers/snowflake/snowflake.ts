import { compatibleWith } from '../openai-compatible/openai-compatible.ts';

/** SNOWFLAKE: chat completions of Cortex. */
export const createSnowflake = compatibleWith({
  chat: { maxTokens: 'max_completion_tokens' },
  embeddings: null,
});
