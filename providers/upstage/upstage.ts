import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import { type Effort, nearestEffort } from '../translate/call-parts.ts';

const efforts: readonly Effort[] = ['low', 'medium', 'high'];

/** UPSTAGE: chat completions and embeddings; `low` is the effort without thinking. */
export const createUpstage = compatibleWith({
  chat: { effort: (effort) => (effort === 'none' ? 'low' : nearestEffort(effort, efforts)) },
  embeddings: { valuesMax: 100 },
});
