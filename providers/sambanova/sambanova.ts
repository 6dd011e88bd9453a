import { compatibleWith } from '../openai-compatible/openai-compatible.ts';

/** SAMBANOVA: takes texts as one text and no seed. */
export const createSambanova = compatibleWith({ chat: { userTexts: 'joined', seed: null } });
