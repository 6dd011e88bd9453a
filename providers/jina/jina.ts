import { embeddingsWith } from '../openai-compatible/openai-compatible.ts';

/** JINA: embeddings. */
export const createJina = embeddingsWith({ encoding: null, valuesMax: 512 });
