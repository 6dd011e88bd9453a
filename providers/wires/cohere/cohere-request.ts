import type { ContentPart, ProviderCall, ProviderMessage } from '../../provider.ts';
import {
  completeParameters,
  type FileSource,
  readEffort,
  readFile,
  readSchema,
  readToolChoice,
  rejectUnsupported,
} from '../../translate/call-parts.ts';
import { arrangeConversation, type ConversationRules } from '../../translate/conversation.ts';
import { fileUrl, topLevelType } from '../../translate/file-type.ts';
import { addOwnOptions, type WireTraits } from '../../translate/own-call.ts';
import { thinkingBudget } from '../../translate/thinking.ts';
import { postJson, type WireRequests } from '../shared/wire-request.ts';

export interface CohereRequestOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const rules: ConversationRules = { systemFirst: true };
const budgetTokensMin = 1024;
const answerTokensMax = 32_768;

/** A text goes beside the conversation, as a document to answer from. */
function writeDocument(file: FileSource): object {
  if (file.data === null || topLevelType(file) !== 'text') {
    throw rejectUnsupported(`it takes images, texts as data, and no file of type ${file.mediaType}`);
  }
  return { data: { text: Buffer.from(file.data, 'base64').toString() } };
}

function writeUser(parts: readonly ContentPart[], documents: object[]): unknown {
  const written: object[] = [];
  let texts = '';
  let hasImage = false;
  for (const part of parts) {
    if (part.type === 'text') {
      texts += part.text;
      written.push({ type: 'text', text: part.text });
      continue;
    }
    const file = readFile(part);
    if (topLevelType(file) === 'image') {
      hasImage = true;
      written.push({ type: 'image_url', image_url: { url: fileUrl(file) } });
    } else documents.push(writeDocument(file));
  }
  return hasImage ? written : texts;
}

/** Beside calls of tools the API takes no text. */
function writeMessage(message: ProviderMessage, documents: object[]): object {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: writeUser(message.parts, documents) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant': {
      if (message.toolCalls.length === 0) return { role: 'assistant', content: message.text };
      const calls = message.toolCalls.map(({ id, name, arguments: given }) => {
        const text = typeof given === 'string' ? given : JSON.stringify(given);
        return { id, type: 'function', function: { name, arguments: text } };
      });
      return { role: 'assistant', tool_calls: calls };
    }
  }
}

/** A tool is chosen by offering no other. */
function writeTools(call: ProviderCall): object {
  const choice = readToolChoice(call);
  const { tools = [] } = call;
  if (tools.length === 0) return {};
  const offered = choice?.type === 'tool' ? tools.filter(({ name }) => name === choice.toolName) : tools;
  const written = offered.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: completeParameters(parameters) },
  }));
  if (choice === undefined || choice.type === 'auto') return { tools: written };
  return { tools: written, tool_choice: choice.type === 'none' ? 'NONE' : 'REQUIRED' };
}

function writeThinking(call: ProviderCall): object {
  const effort = readEffort(call);
  if (effort === undefined) return {};
  if (effort === 'none') return { thinking: { type: 'disabled' } };
  const token_budget = thinkingBudget(effort, answerTokensMax, budgetTokensMin, answerTokensMax);
  return { thinking: { type: 'enabled', token_budget } };
}

const traits: WireTraits = {
  name: 'cohere',
  hasAlternatives: false,
};

/** Writes requests of Cohere's chat API, version 2. */
export function createCohereRequests({ url, headers }: CohereRequestOptions): WireRequests {
  const build: WireRequests['build'] = (call, streaming) => {
    const { model, temperature, seed, stop = [], responseSchema } = call;
    const documents: object[] = [];
    const messages = arrangeConversation(call.messages, rules).map((message) =>
      writeMessage(message, documents),
    );
    const body: Record<string, unknown> = {
      model,
      messages,
      max_tokens: call.maxOutputTokens,
      temperature,
      p: call.topP,
      seed,
      presence_penalty: call.presencePenalty,
      frequency_penalty: call.frequencyPenalty,
      ...(stop.length > 0 ? { stop_sequences: stop } : {}),
      ...(responseSchema === undefined
        ? {}
        : { response_format: { type: 'json_object', json_schema: readSchema(responseSchema) } }),
      ...writeTools(call),
      ...(documents.length > 0 ? { documents } : {}),
      ...writeThinking(call),
      ...(streaming ? { stream: true } : {}),
    };
    addOwnOptions(body, call, traits.name);
    return postJson(url, headers, body);
  };
  return { traits, build };
}
