import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import type { ProviderCall } from '../provider.ts';
import { schemaInstruction } from '../translate/schema-instruction.ts';
import { writeImageOnly } from '../wires/chat/chat-files.ts';
import type { ChatBody } from '../wires/chat/chat-request.ts';

function adapt(body: ChatBody, { responseSchema }: ProviderCall): void {
  if (responseSchema === undefined) return;
  body.messages.unshift({ role: 'system', content: schemaInstruction(responseSchema) });
}

/** AI21: chat completions, with JSON and without a JSON Schema. */
export const createAi21 = compatibleWith({
  chat: {
    writeFile: writeImageOnly,
    userTexts: 'joined',
    responseFormat: () => ({ type: 'json_object' }),
    effort: () => undefined,
    adapt,
  },
  embeddings: null,
});
