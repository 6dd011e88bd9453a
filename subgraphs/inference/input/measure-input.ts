import { imageTokensMax, imageTokensUsual } from '#core/image-tokens.ts';
import type { CompletionRequest } from '#inference/request.ts';
import type { ContentPart, ProviderMessage } from '#providers/provider.ts';

type Call = CompletionRequest['call'];
type FilePart = ContentPart & { readonly type: 'file' };

/** An image in its own size: OpenAI's 10,000 patches, by the highest of its multipliers (2.46). */
const originalTokensMax = 24_600;
/** Characters of base64 for each token of a document, whose pages hold more layout than text. */
const documentCharactersPerToken = 40;
const textCharactersPerToken = (4 * 4) / 3;

/** The tokens of the input at most, by which a call is reserved. */
export function measureInput(call: Call): Pick<CompletionRequest, 'inputTokensMax' | 'inputBytes'> {
  const bytes = countTextBytes(call);
  const files = sumFiles(call, boundFileTokens);
  return { inputTokensMax: Math.ceil(bytes / 3) + files, inputBytes: files > 0 ? null : bytes };
}

/** About how many tokens the input has. */
export function estimateInputTokens(call: Call): number {
  return Math.ceil(countTextBytes(call) / 4) + sumFiles(call, estimateFileTokens);
}

/** What a file counts as at most: images by what vendors charge for the largest, others by their size. */
function boundFileTokens({ mediaType, data, detail }: FilePart): number {
  if (detail === 'original') return originalTokensMax;
  return isImage(mediaType) || data === undefined ? imageTokensMax : Math.ceil(data.length / 4);
}

function estimateFileTokens({ mediaType, data }: FilePart): number {
  if (isImage(mediaType) || data === undefined) return imageTokensUsual;
  const perToken = mediaType.startsWith('text/') ? textCharactersPerToken : documentCharactersPerToken;
  return Math.ceil(data.length / perToken);
}

function isImage(mediaType: string): boolean {
  return mediaType.startsWith('image/');
}

function listParts(message: ProviderMessage): readonly ContentPart[] | undefined {
  return message.role === 'user' || message.role === 'tool' ? message.parts : undefined;
}

function sumFiles({ messages }: Call, countTokens: (part: FilePart) => number): number {
  let tokens = 0;
  for (const message of messages) {
    for (const part of listParts(message) ?? []) if (part.type === 'file') tokens += countTokens(part);
  }
  return tokens;
}

/** Bytes of what is in the form of one wire format. */
function countOwnBytes(message: ProviderMessage): number {
  let bytes = 'own' in message ? Buffer.byteLength(JSON.stringify(message.own)) : 0;
  if (message.role === 'system') return bytes;
  if (message.role === 'tool' && message.resultOwn !== undefined) {
    bytes += Buffer.byteLength(JSON.stringify(message.resultOwn));
  }
  for (const { own } of message.parts ?? [])
    if (own !== undefined) bytes += Buffer.byteLength(JSON.stringify(own));
  return bytes;
}

/** Bytes of everything in the input that is text. */
function countTextBytes(call: Call): number {
  const { messages, tools, responseSchema, providerOptions, providerTools, providerToolChoice } = call;
  let bytes = 0;
  for (const message of messages) {
    // The frame that vendors put around a message.
    bytes += 12;
    const parts = listParts(message);
    bytes += countOwnBytes(message);
    if (message.role !== 'tool' && message.name !== undefined) bytes += Buffer.byteLength(message.name);
    if (parts !== undefined) {
      for (const part of parts) if (part.type === 'text') bytes += Buffer.byteLength(part.text);
    } else if (message.role === 'assistant') {
      bytes += Buffer.byteLength(message.text);
      if (message.toolCalls.length > 0) bytes += Buffer.byteLength(JSON.stringify(message.toolCalls));
      if (message.reasoning !== undefined) bytes += Buffer.byteLength(JSON.stringify(message.reasoning));
    } else if (message.role !== 'user') bytes += Buffer.byteLength(message.content);
  }
  const { responseSchemaName, responseSchemaDescription } = call;
  const schema = [responseSchema, responseSchemaName, responseSchemaDescription];
  for (const value of [tools, ...schema, providerOptions, providerTools, providerToolChoice]) {
    if (value !== undefined) bytes += Buffer.byteLength(JSON.stringify(value));
  }
  return bytes;
}
