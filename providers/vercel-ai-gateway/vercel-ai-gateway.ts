import { compatibleWith } from '../openai-compatible/openai-compatible.ts';
import { readEffort } from '../translate/call-parts.ts';
import type { ChatDialect } from '../wires/chat/chat-request.ts';

const adapt: ChatDialect['adapt'] = (body, call) => {
  const effort = readEffort(call);
  if (effort !== undefined) body.reasoning = { effort: effort === 'max' ? 'xhigh' : effort };
};

/** VERCEL_AI_GATEWAY: chat completions and embeddings of many vendors; the effort has an object of its own. */
export const createVercelGateway = compatibleWith({ chat: { effort: () => undefined, adapt } });
