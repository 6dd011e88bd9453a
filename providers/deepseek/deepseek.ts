import type { Provider, ProviderCall } from '../provider.ts';
import { type Effort, type FileSource, rejectUnsupported } from '../translate/call-parts.ts';
import { fullMediaType, topLevelType } from '../translate/file-type.ts';
import { schemaInstruction } from '../translate/schema-instruction.ts';
import { thinkingPlace } from '../translate/thinking.ts';
import type { VendorOptions } from '../vendor.ts';
import { writeImage } from '../wires/chat/chat-files.ts';
import { chatWire } from '../wires/chat/chat-reader.ts';
import { type ChatBody, type ChatDialect, createChatRequests } from '../wires/chat/chat-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { bearer, requestHeaders } from '../wires/shared/wire-request.ts';

const efforts: Readonly<Partial<Record<Effort, string>>> = {
  minimal: 'low',
  low: 'low',
  medium: 'high',
  high: 'high',
  xhigh: 'max',
  max: 'max',
};
const imageTypes: ReadonlySet<string> = new Set(['image/gif', 'image/jpeg', 'image/png', 'image/webp']);
const imageUrlMax = 8192;

/** The fourth generation, by its own names and by those that stand for its newest. */
const isFourth = (model: string) => /deepseek-v4|^deepseek-(?:flash|pro)/.test(model);

/** @throws {ProviderFailure} BAD_USER_INPUT for a file that is none of its images */
function writeFile(file: FileSource): object {
  if (topLevelType(file) !== 'image') throw rejectUnsupported(`it takes no file of type ${file.mediaType}`);
  const mediaType = fullMediaType(file);
  if (!imageTypes.has(mediaType)) throw rejectUnsupported(`it takes no image of type ${mediaType}`);
  if (file.url !== null && file.url.length > imageUrlMax) {
    throw rejectUnsupported(`it takes URLs of images up to ${imageUrlMax} characters`);
  }
  return writeImage(file);
}

function writeThinking(body: ChatBody, { model, reasoningEffort }: ProviderCall): void {
  const hasEffort = reasoningEffort !== undefined && reasoningEffort !== 'default';
  if (hasEffort) body.thinking = { type: reasoningEffort === 'none' ? 'disabled' : 'enabled' };
  const thinks = hasEffort ? reasoningEffort !== 'none' : model === 'deepseek-reasoner' || isFourth(model);
  if (!thinks) return;
  delete body.temperature;
  delete body.top_p;
}

/** The thinking of the turn that is under way goes back to the third generation, that of all turns to the fourth. */
function placeThinking(messages: ChatBody['messages'], model: string): void {
  const place = thinkingPlace(model);
  const current = messages.findLastIndex(({ role }) => role === 'user');
  for (const [at, message] of messages.entries()) {
    if (message.role !== 'assistant') continue;
    const isPlaced = place !== null && message.tool_calls !== undefined && (at > current || isFourth(model));
    const { reasoning_content: given } = message;
    if (isPlaced) message.reasoning_content = given ?? place;
    else if (isFourth(model)) message.reasoning_content = given ?? '';
    else delete message.reasoning_content;
  }
}

function adapt(body: ChatBody, call: ProviderCall): void {
  placeThinking(body.messages, call.model);
  writeThinking(body, call);
  if (call.responseSchema === undefined) return;
  body.messages.unshift({ role: 'system', content: schemaInstruction(call.responseSchema) });
}

export const deepseekChat: ChatDialect = {
  reasoningField: () => 'reasoning_content',
  writeFile,
  userTexts: 'joined',
  emptyContent: '',
  seed: null,
  responseFormat: () => ({ type: 'json_object' }),
  effort: (effort) => efforts[effort],
  streamUsage: true,
  adapt,
};

/** DEEPSEEK: chat completions. */
export function createDeepseekProvider({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const headers = requestHeaders(bearer(secret));
  return createWireProvider({
    kind,
    wire: chatWire(),
    requests: createChatRequests({ url: `${baseUrl}/chat/completions`, headers, dialect: deepseekChat }),
    embeddings: null,
    secret,
    fetch,
  });
}
