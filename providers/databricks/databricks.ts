import { compatibleWith } from '../openai-compatible/openai-compatible.ts';

/** DATABRICKS: a model is a serving endpoint. Chat completions without a seed, embeddings without an encoding. */
export const createDatabricks = compatibleWith({ chat: { seed: null }, embeddings: { encoding: null } });
