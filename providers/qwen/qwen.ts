import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import type { ProviderCall } from '../provider.ts';
import type { ChatBody } from '../wires/chat/chat-request.ts';

/** The open models of Qwen3, which think unless they are set not to, and then only in streams. */
const thinksInStreams = /^qwen3-\d+b/;

function adapt(body: ChatBody, { model, reasoningEffort }: ProviderCall): void {
  const hasEffort = reasoningEffort !== undefined && reasoningEffort !== 'default';
  if (hasEffort) body.enable_thinking = reasoningEffort !== 'none';
  if (body.stream !== true && thinksInStreams.test(model)) body.enable_thinking = false;
}

/** QWEN: chat completions and embeddings, of which a request takes ten. */
export const createQwen = compatibleWith({
  chat: { effort: () => undefined, adapt },
  embeddings: { valuesMax: 10 },
});
