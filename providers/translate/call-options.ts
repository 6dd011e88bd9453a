import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
} from '@ai-sdk/provider';
import type { ContentPart, ProviderCall, ProviderMessage, SentReasoning } from '../provider.ts';
import { completeParameters, readEffort, readFile, readSchema, readToolChoice } from './call-parts.ts';
import { arrangeConversation, type ConversationRules } from './conversation.ts';
import { isStrictSchema } from './strict-schema.ts';

function filePart(part: Extract<ContentPart, { type: 'file' }>): LanguageModelV4FilePart {
  const { mediaType, data, url } = readFile(part);
  return {
    type: 'file',
    mediaType,
    data: url === null ? { type: 'data', data: data ?? '' } : { type: 'url', url: new URL(url) },
  };
}

/** The results that follow one another are one message: Gemini takes parallel results in one turn only. */
function toPrompt(messages: readonly ProviderMessage[]): LanguageModelV4Message[] {
  const prompt: LanguageModelV4Message[] = [];
  for (const message of messages) {
    const next = toSdkMessage(message);
    const last = prompt.at(-1);
    if (next.role === 'tool' && last?.role === 'tool') last.content.push(...next.content);
    else prompt.push(next);
  }
  return prompt;
}

/** The end of a cached prefix, as Anthropic and Bedrock name it. */
function mark({ cache }: { readonly cache?: true }) {
  if (cache === undefined) return {};
  const cachePoint = { type: 'default' };
  return { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } }, bedrock: { cachePoint } } };
}

function toSdkReasoning({ text, signature, redacted }: SentReasoning) {
  const anthropic = redacted === null ? { signature } : { redactedData: redacted };
  const bedrock = redacted === null ? { signature } : { redactedContent: redacted };
  return { type: 'reasoning' as const, text: text ?? '', providerOptions: { anthropic, bedrock } };
}

function toSdkOutput({ content, parts, isError }: ProviderMessage & { readonly role: 'tool' }) {
  if (parts === undefined) {
    return { type: isError === true ? ('error-text' as const) : ('text' as const), value: content };
  }
  const value = parts.map((part) =>
    part.type === 'text' ? { type: 'text' as const, text: part.text } : filePart(part),
  );
  return { type: 'content' as const, value };
}

function toSdkMessage(message: ProviderMessage): LanguageModelV4Message {
  if (message.role === 'system') return { role: 'system', content: message.content, ...mark(message) };
  if (message.role === 'user') {
    const content = message.parts.map((part) =>
      part.type === 'text'
        ? { type: 'text' as const, text: part.text, ...mark(part) }
        : { ...filePart(part), ...mark(part) },
    );
    return { role: 'user', content };
  }
  if (message.role === 'tool') {
    const { toolCallId, toolName } = message;
    const output = toSdkOutput(message);
    return {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId, toolName, output, ...mark(message) }],
    };
  }
  const calls = message.toolCalls.map((call) => ({
    type: 'tool-call' as const,
    toolCallId: call.id,
    toolName: call.name,
    input: call.arguments,
  }));
  const text = message.text === '' ? [] : [{ type: 'text' as const, text: message.text }];
  const thought = message.reasoning?.map(toSdkReasoning) ?? [];
  return { role: 'assistant', content: [...thought, ...text, ...calls], ...mark(message) };
}

function addTools(options: LanguageModelV4CallOptions, call: ProviderCall): void {
  const { tools } = call;
  if (tools !== undefined && tools.length > 0) {
    options.tools = tools.map((tool) => ({
      type: 'function',
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      inputSchema: completeParameters(tool.parameters) as JSONSchema7,
      ...(tool.strict === undefined ? {} : { strict: tool.strict }),
      ...mark(tool),
    }));
  }
  const choice = readToolChoice(call);
  if (choice !== undefined) options.toolChoice = choice;
}

/**
 * A call in the words of the AI SDK's language models. A response schema is requested strictly where it keeps the rules
 * of strict mode, and as a guide otherwise (the caller validates the answer in either case).
 * @param rules what the vendor's API demands of a conversation
 * @throws {ProviderFailure} BAD_USER_INPUT for a wrong URL, tool choice or reasoning effort
 */
export function toCallOptions(call: ProviderCall, rules: ConversationRules = {}): LanguageModelV4CallOptions {
  const options: LanguageModelV4CallOptions = { prompt: toPrompt(arrangeConversation(call.messages, rules)) };
  if (call.temperature !== undefined) options.temperature = call.temperature;
  if (call.topP !== undefined) options.topP = call.topP;
  if (call.maxOutputTokens !== undefined) options.maxOutputTokens = call.maxOutputTokens;
  if (call.stop !== undefined && call.stop.length > 0) options.stopSequences = [...call.stop];
  if (call.seed !== undefined) options.seed = call.seed;
  if (call.presencePenalty !== undefined) options.presencePenalty = call.presencePenalty;
  if (call.frequencyPenalty !== undefined) options.frequencyPenalty = call.frequencyPenalty;
  if (call.signal !== undefined) options.abortSignal = call.signal;
  addTools(options, call);
  const effort = readEffort(call);
  if (effort !== undefined) options.reasoning = effort;
  if (call.responseSchema !== undefined) {
    const schema = readSchema(call.responseSchema) as JSONSchema7;
    options.responseFormat = { type: 'json', schema, name: 'response' };
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
