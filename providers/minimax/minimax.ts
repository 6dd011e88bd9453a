import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import type { ProviderCall } from '../provider.ts';
import { schemaInstruction } from '../translate/schema-instruction.ts';
import type { ChatBody } from '../wires/chat/chat-request.ts';

const temperatureMin = 0.01;
const temperatureMax = 1;

/** Reasoning apart from the text, where it stands in tags otherwise; temperatures above 0, up to 1; no JSON Schema. */
function adapt(body: ChatBody, { temperature, responseSchema }: ProviderCall): void {
  body.reasoning_split = true;
  if (temperature !== undefined) {
    body.temperature = Math.min(temperatureMax, Math.max(temperatureMin, temperature));
  }
  if (responseSchema === undefined) return;
  delete body.response_format;
  body.messages.unshift({ role: 'system', content: schemaInstruction(responseSchema) });
}

/** MINIMAX: chat completions. */
export const createMinimax = compatibleWith({
  chat: { maxTokens: 'max_completion_tokens', seed: null, effort: () => undefined, adapt },
  embeddings: null,
});
