import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
} from '@ai-sdk/provider';
import { type ContentPart, type ProviderCall, ProviderFailure, type ProviderMessage } from '../provider.ts';
import { arrangeConversation, type ConversationRules } from './conversation.ts';
import { normalizeMediaType } from './media-type.ts';
import { isStrictSchema } from './strict-schema.ts';

type Reasoning = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const reasoningEfforts: ReadonlySet<string> = new Set<Reasoning>([
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
]);

function refuse(message: string): ProviderFailure {
  return new ProviderFailure('BAD_USER_INPUT', message, { retryable: false });
}

function isReasoning(value: string): value is Reasoning {
  return reasoningEfforts.has(value);
}

function isJsonSchema(value: object): value is JSONSchema7 {
  return !Array.isArray(value);
}

function schemaOf(schema: Readonly<Record<string, unknown>>): JSONSchema7 {
  if (isJsonSchema(schema)) return schema;
  throw refuse('A JSON Schema must be an object.');
}

/** No vendor takes parameters that are no object, and OpenAI takes none without properties. */
function parametersOf(schema: JSONSchema7): JSONSchema7 {
  const { type = 'object', properties, $ref, allOf, anyOf, oneOf } = schema;
  const isWhole = type !== 'object' || (properties ?? $ref ?? allOf ?? anyOf ?? oneOf) !== undefined;
  return isWhole && schema.type !== undefined
    ? schema
    : { type, ...(isWhole ? {} : { properties: {} }), ...schema };
}

function filePart(part: Extract<ContentPart, { type: 'file' }>): LanguageModelV4FilePart {
  const mediaType = normalizeMediaType(part.mediaType);
  if (part.data !== undefined) return { type: 'file', mediaType, data: { type: 'data', data: part.data } };
  const inline = /^data:([^,]*);base64,(.*)$/is.exec(part.url ?? '');
  if (inline !== null) {
    const [, given = '', data = ''] = inline;
    return { type: 'file', mediaType: normalizeMediaType(given) || mediaType, data: { type: 'data', data } };
  }
  const url = URL.parse(part.url ?? '');
  if (url === null) throw refuse('A file part needs base64 data or a valid URL.');
  return { type: 'file', mediaType, data: { type: 'url', url } };
}

/** The results that follow one another are one message: Gemini takes parallel results in one turn only. */
function promptOf(messages: readonly ProviderMessage[]): LanguageModelV4Message[] {
  const prompt: LanguageModelV4Message[] = [];
  for (const message of messages) {
    const next = messageOf(message);
    const last = prompt.at(-1);
    if (next.role === 'tool' && last?.role === 'tool') last.content.push(...next.content);
    else prompt.push(next);
  }
  return prompt;
}

function messageOf(message: ProviderMessage): LanguageModelV4Message {
  if (message.role === 'system') return { role: 'system', content: message.content };
  if (message.role === 'user') {
    const content = message.parts.map((part) =>
      part.type === 'text' ? { type: 'text' as const, text: part.text } : filePart(part),
    );
    return { role: 'user', content };
  }
  if (message.role === 'tool') {
    const { toolCallId, toolName, content } = message;
    const output = { type: 'text' as const, value: content };
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
  }
  const calls = message.toolCalls.map((call) => ({
    type: 'tool-call' as const,
    toolCallId: call.id,
    toolName: call.name,
    input: call.arguments,
  }));
  const text = message.text === '' ? [] : [{ type: 'text' as const, text: message.text }];
  return { role: 'assistant', content: [...text, ...calls] };
}

function addTools(options: LanguageModelV4CallOptions, call: ProviderCall): void {
  const { tools, toolChoice } = call;
  if (tools !== undefined && tools.length > 0) {
    options.tools = tools.map((tool) => ({
      type: 'function',
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      inputSchema: parametersOf(schemaOf(tool.parameters)),
    }));
  }
  if (toolChoice === undefined) return;
  if (toolChoice === 'auto' || toolChoice === 'none' || toolChoice === 'required') {
    options.toolChoice = { type: toolChoice };
  } else if (tools?.some((tool) => tool.name === toolChoice)) {
    options.toolChoice = { type: 'tool', toolName: toolChoice };
  } else {
    throw refuse(`toolChoice is auto, none, required or the name of a tool; there is no tool ${toolChoice}.`);
  }
}

function addReasoning(options: LanguageModelV4CallOptions, effort: string | undefined): void {
  if (effort === undefined || effort === 'default') return;
  if (!isReasoning(effort)) {
    throw refuse(`reasoningEffort is one of ${[...reasoningEfforts].join(', ')}.`);
  }
  options.reasoning = effort;
}

/**
 * A call in the words of the AI SDK's language models. A response schema is asked for strictly where it keeps the rules
 * of strict mode, and as a guide otherwise (the caller validates the answer in either case).
 * @param rules what the vendor's API demands of a conversation
 * @throws {ProviderFailure} BAD_USER_INPUT for a wrong URL, tool choice or reasoning effort
 */
export function toCallOptions(call: ProviderCall, rules: ConversationRules = {}): LanguageModelV4CallOptions {
  const options: LanguageModelV4CallOptions = { prompt: promptOf(arrangeConversation(call.messages, rules)) };
  if (call.temperature !== undefined) options.temperature = call.temperature;
  if (call.topP !== undefined) options.topP = call.topP;
  if (call.maxOutputTokens !== undefined) options.maxOutputTokens = call.maxOutputTokens;
  if (call.stop !== undefined && call.stop.length > 0) options.stopSequences = [...call.stop];
  if (call.seed !== undefined) options.seed = call.seed;
  if (call.signal !== undefined) options.abortSignal = call.signal;
  addTools(options, call);
  addReasoning(options, call.reasoningEffort);
  if (call.responseSchema !== undefined) {
    options.responseFormat = { type: 'json', schema: schemaOf(call.responseSchema), name: 'response' };
    const strictJsonSchema = isStrictSchema(call.responseSchema);
    options.providerOptions = {
      openai: { strictJsonSchema },
      openaiCompatible: { strictJsonSchema },
      mistral: { strictJsonSchema },
      groq: { strictJsonSchema },
    };
  }
  return options;
}
