import { embeddingsWith } from '../openai-compatible/openai-compatible.ts';

/** VOYAGE: embeddings. */
export const createVoyage = embeddingsWith({
  dimensions: 'output_dimension',
  encoding: null,
  valuesMax: 1000,
});
