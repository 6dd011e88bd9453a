import { compatibleWith } from '../openai-compatible/openai-compatible.ts';

/** LM_STUDIO: chat completions, which take `json_schema` or `text` as the type of a response format. */
export const createLmStudio = compatibleWith({ chat: { withoutJsonObject: true } });
