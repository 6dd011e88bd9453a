import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import type { ProviderCall } from '../provider.ts';
import type { ChatBody } from '../wires/chat/chat-request.ts';

function adapt(body: ChatBody, { reasoningEffort }: ProviderCall): void {
  if (reasoningEffort === undefined || reasoningEffort === 'default') return;
  body.enable_thinking = reasoningEffort !== 'none';
}

/** SILICONFLOW: chat completions and embeddings; thinking is on or off. */
export const createSiliconflow = compatibleWith({
  chat: { effort: () => undefined, adapt },
  embeddings: { valuesMax: 32 },
});
