import type { Provider, ProviderCall } from '../provider.ts';
import { type Effort, nearestEffort, readSchema } from '../translate/call-parts.ts';
import type { VendorOptions } from '../vendor.ts';
import { writeImageOnly } from '../wires/chat/chat-files.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import {
  type ChatBody,
  type ChatDialect,
  createChatRequests,
  writeTool,
} from '../wires/chat/chat-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';

/** Its only model that can be used without reasoning. */
const optionalReasoning = 'qwen/qwen3.6-27b';
const efforts: readonly Effort[] = ['low', 'medium', 'high'];

/** Where a model never reasons there is nothing to turn off. */
function writeEffort(effort: Effort, model: string): string | undefined {
  if (effort !== 'none') return nearestEffort(effort, efforts);
  if (model === optionalReasoning) return effort;
  return model.startsWith('openai/gpt-oss') ? nearestEffort(effort, efforts) : undefined;
}

/** Groq takes no response format beside tools: one more tool requests the answer through its arguments. */
function addAnswerTool(
  body: ChatBody,
  { tools = [], toolChoice, responseSchema }: ProviderCall,
): string | null {
  if (responseSchema === undefined || tools.length === 0) return null;
  let name = 'json';
  for (let suffix = 1; tools.some((tool) => tool.name === name); suffix++) name = `json_${suffix}`;
  const answer = writeTool(name, 'Respond with a JSON object.', readSchema(responseSchema));
  body.tools = [...(body.tools as readonly object[]), answer];
  delete body.response_format;
  body.parallel_tool_calls = false;
  if (toolChoice === 'none') body.tool_choice = { type: 'function', function: { name } };
  else if (typeof body.tool_choice !== 'object') body.tool_choice = 'required';
  return name;
}

export const groqChat: ChatDialect = {
  lacks: ['logprobs'],
  writeFile: writeImageOnly,
  emptyContent: '',
  effort: writeEffort,
  addAnswerTool,
};

/** GROQ: chat completions. */
export function createGroqProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  return createWireProvider({
    kind,
    wire: chatWire(),
    requests: createChatRequests({ url: `${baseUrl}/chat/completions`, headers, dialect: groqChat }),
    embeddings: null,
    secret,
    fetch,
  });
}
