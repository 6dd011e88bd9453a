import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import type { ProviderCall } from '../provider.ts';
import { rejectUnsupported } from '../translate/call-parts.ts';
import { schemaInstruction } from '../translate/schema-instruction.ts';
import type { ChatBody } from '../wires/chat/chat-request.ts';

/**
 * The model itself chooses whether to call a tool; to call none, it is offered none.
 * @throws {ProviderFailure} BAD_USER_INPUT for a call of a tool that is demanded
 */
function writeToolChoice(body: ChatBody): void {
  const choice = body.tool_choice;
  if (choice === undefined || choice === 'auto') return;
  if (choice !== 'none') throw rejectUnsupported('it cannot be made to call a tool');
  delete body.tools;
  delete body.tool_choice;
}

function adapt(body: ChatBody, { reasoningEffort, responseSchema }: ProviderCall): void {
  writeToolChoice(body);
  if (reasoningEffort !== undefined && reasoningEffort !== 'default') {
    body.thinking = { type: reasoningEffort === 'none' ? 'disabled' : 'enabled' };
  }
  if (responseSchema === undefined) return;
  body.messages.unshift({ role: 'system', content: schemaInstruction(responseSchema) });
}

/** ZHIPU and ZAI: chat completions and embeddings of GLM. */
export const createZhipu = compatibleWith({
  chat: { seed: null, responseFormat: () => ({ type: 'json_object' }), effort: () => undefined, adapt },
  embeddings: { valuesMax: 64 },
});
