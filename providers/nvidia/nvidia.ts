import { compatibleWith } from '../openai-compatible/openai-compatible.ts';

/** NVIDIA: its embedding models demand whether a text is a query or a passage. */
export const createNvidia = compatibleWith({ embeddings: { more: { input_type: 'passage' } } });
