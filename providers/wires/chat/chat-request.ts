import type { AudioOutput } from '../../audio.ts';
import type { OwnFields, ProviderCall, ProviderMessage, ToolCall } from '../../provider.ts';
import {
  completeParameters,
  type Effort,
  type FileSource,
  type JsonSchema,
  readEffort,
  readFile,
  readSchema,
  readToolChoice,
} from '../../translate/call-parts.ts';
import { arrangeConversation, type ConversationRules } from '../../translate/conversation.ts';
import { addOwnOptions, type WireTraits } from '../../translate/own-call.ts';
import { isStrictSchema } from '../../translate/strict-schema.ts';
import { postJson, type WireRequests } from '../shared/wire-request.ts';
import { isMoreThanText, writeReasoningDetails } from './reasoning-details.ts';

/** A request of chat completions. What is undefined is not sent. */
export interface ChatBody {
  [field: string]: unknown;
  messages: Record<string, unknown>[];
}

/** How a vendor's chat completions differ from the common form. */
export interface ChatDialect {
  /** The form of a file in a user message, by its place in it. @throws {ProviderFailure} where the vendor takes none of its type */
  readonly writeFile: (file: FileSource, at: number) => object;
  /** A user message of texts alone; `text`: one text as it is, several as parts. */
  readonly userTexts?: 'text' | 'parts' | 'joined';
  /** The content of a message that calls tools and states nothing: null, or an empty text. */
  readonly emptyContent?: '';
  /** The role of instructions. */
  readonly systemRole?: (model: string) => 'system' | 'developer';
  /** What is sent in place of the model's thinking beside its calls of tools; null: nothing. */
  readonly thinkingPlace?: (model: string) => object | null;
  /** The field for the reasoning of an earlier answer; undefined: the AI model takes none. */
  readonly reasoningField?: (model: string) => string | undefined;
  /** The vendor refuses a request for the names of those who wrote its messages: they are not sent. */
  readonly withoutNames?: true;
  /** Results of tools carry the tool's name. */
  readonly namedResults?: true;
  /** The vendor takes no calls of tools. */
  readonly withoutTools?: true;
  readonly maxTokens?: 'max_completion_tokens';
  /** Null: the vendor takes no seed. */
  readonly seed?: 'random_seed' | null;
  /** Null: the vendor takes no stop texts. */
  readonly stop?: null;
  /** What the vendor refuses a request for: it is not sent. */
  readonly lacks?: readonly ('penalties' | 'logprobs' | 'parallelToolCalls')[];
  /** Further fields of chat completions for which the vendor refuses a request: they are not sent. */
  readonly refusedFields?: ReadonlySet<string>;
  /** The vendor returns several answers to one request. */
  readonly hasAlternatives?: true;
  /** The vendor ignores fields of parts that it does not know: those of clients are sent. */
  readonly takesPartFields?: true;
  /** The same of further fields of calls and results of tools. */
  readonly takesCallFields?: true;
  /** The vendor takes the refusal of an earlier answer by itself. Elsewhere it is text. */
  readonly hasRefusals?: true;
  /** The vendor returns spoken answers, and takes them by ID in a conversation. */
  readonly hasAudio?: true;
  /** The choice of any tool. */
  readonly required?: 'any';
  /** JSON Schemas as the vendor takes them. */
  readonly writeSchema?: (schema: JsonSchema) => JsonSchema;
  readonly responseFormat?: (schema: JsonSchema) => object;
  /** The vendor takes no request for a JSON object without a schema: the schema is sent. */
  readonly withoutJsonObject?: true;
  /** The effort to send for a requested one; absent: the same. */
  readonly effort?: (effort: Effort, model: string) => string | undefined;
  /** Has the usage sent at the end of a stream. */
  readonly streamUsage?: true;
  /** Last changes to a request. */
  readonly adapt?: (body: ChatBody, call: ProviderCall) => void;
  /** Requests the structured answer as the arguments of one more tool; null: as text. */
  readonly addAnswerTool?: (body: ChatBody, call: ProviderCall) => string | null;
}

export interface ChatRequestOptions {
  /** Of chat completions. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dialect: ChatDialect;
  readonly rules?: ConversationRules;
}

/** The key of this format in `providerOptions`. */
const wireName = 'chat';

type Message = ChatBody['messages'][number];
type Assistant = Extract<ProviderMessage, { role: 'assistant' }>;

type Having = { readonly own?: OwnFields };
type Text = Having & { readonly text: string };

function takesPartFields(dialect: ChatDialect): boolean {
  return dialect.takesPartFields === true && dialect.userTexts !== 'joined';
}

/** The fields that a client adds to a part; undefined: none. */
function readPartFields({ own }: Having, dialect: ChatDialect): object | undefined {
  return takesPartFields(dialect) ? own?.[wireName] : undefined;
}

function readCallFields(own: OwnFields | undefined, { takesCallFields }: ChatDialect): object | undefined {
  return takesCallFields ? own?.[wireName] : undefined;
}

/** The texts as one, or as parts where one of them has further fields. */
function writeTexts(texts: readonly Text[], dialect: ChatDialect): string | object[] {
  if (!texts.some((part) => readPartFields(part, dialect) !== undefined)) {
    return texts.map(({ text }) => text).join('');
  }
  return texts.map((part) => ({ ...readPartFields(part, dialect), type: 'text', text: part.text }));
}

function writeUser(parts: Extract<ProviderMessage, { role: 'user' }>['parts'], dialect: ChatDialect) {
  const { userTexts = 'text', writeFile } = dialect;
  if (userTexts === 'text' && parts.length === 1 && parts[0]?.type === 'text') {
    return writeTexts([parts[0]], dialect);
  }
  if (userTexts === 'joined' && parts.every((part) => part.type === 'text')) {
    return parts.map(({ text }) => text).join('');
  }
  return parts.map((part, at) => ({
    ...readPartFields(part, dialect),
    ...(part.type === 'text' ? { type: 'text', text: part.text } : writeFile(readFile(part), at)),
  }));
}

/** Arguments that are no object are a text, and stay as the model wrote it. */
function writeCall(call: ToolCall, dialect: ChatDialect): object {
  const { id, name, arguments: given } = call;
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return { ...readCallFields(call.own, dialect), id, type: 'function', function: { name, arguments: text } };
}

function writeReasoning({ reasoning }: Assistant, field: string | undefined): object {
  if (reasoning === undefined || field === undefined) return {};
  const text = reasoning.map((block) => block.text ?? '').join('');
  return text === '' ? {} : { [field]: text };
}

function writeName({ name }: { readonly name?: string }, { withoutNames }: ChatDialect): object {
  return name === undefined || withoutNames ? {} : { name };
}

interface AssistantTexts {
  readonly text: string | object[];
  readonly refusal: { readonly refusal?: string };
}

/** The text of an earlier answer, and its refusal where the vendor takes one. */
function splitRefusal({ text, parts }: Assistant, dialect: ChatDialect): AssistantTexts {
  if (parts === undefined) return { text, refusal: {} };
  const texts = parts.filter((part) => !(dialect.hasRefusals && part.isRefusal) && part.text !== '');
  const refusal = parts.flatMap((part) => (dialect.hasRefusals && part.isRefusal ? [part.text] : []));
  return {
    text: writeTexts(texts, dialect),
    refusal: refusal.length === 0 ? {} : { refusal: refusal.join('') },
  };
}

/** The result of a tool. The format has no other sign of a failure than the text. */
function writeResult(message: ProviderMessage & { readonly role: 'tool' }, dialect: ChatDialect) {
  const { content, own, parts, isError } = message;
  const texts = parts?.flatMap((part) => (part.type === 'text' ? [part] : [])) ?? [
    { text: content, ...(own === undefined ? {} : { own }) },
  ];
  return writeTexts(isError === true ? [{ text: 'Error: ' }, ...texts] : texts, dialect);
}

function writeMessage(message: ProviderMessage, { model }: ProviderCall, dialect: ChatDialect): Message {
  switch (message.role) {
    case 'system': {
      const role = dialect.systemRole?.(model) ?? 'system';
      const content = writeTexts([{ ...message, text: message.content }], dialect);
      return { role, content, ...writeName(message, dialect) };
    }
    case 'user':
      return { role: 'user', content: writeUser(message.parts, dialect), ...writeName(message, dialect) };
    case 'assistant': {
      const { toolCalls, reasoning = [], audioId } = message;
      const { text, refusal } = splitRefusal(message, dialect);
      const audio = audioId === undefined || !dialect.hasAudio ? {} : { audio: { id: audioId } };
      const name = writeName(message, dialect);
      if (toolCalls.length === 0 || dialect.withoutTools) {
        const hasOther = audioId !== undefined || refusal.refusal !== undefined;
        const content = text === '' && hasOther ? null : text;
        return {
          role: 'assistant',
          content,
          ...refusal,
          ...name,
          ...writeReasoningDetails(reasoning),
          ...audio,
        };
      }
      const field = dialect.reasoningField?.(model);
      return {
        role: 'assistant',
        content: text === '' ? (dialect.emptyContent ?? null) : text,
        ...refusal,
        ...name,
        ...dialect.thinkingPlace?.(model),
        ...writeReasoning(message, field),
        // What the field has is not sent twice.
        ...writeReasoningDetails(field === undefined ? reasoning : reasoning.filter(isMoreThanText)),
        ...audio,
        tool_calls: toolCalls.map((call) => writeCall(call, dialect)),
      };
    }
    case 'tool': {
      const { toolCallId, toolName, resultOwn } = message;
      return {
        ...readCallFields(resultOwn, dialect),
        role: 'tool',
        tool_call_id: toolCallId,
        content: writeResult(message, dialect),
        ...(dialect.namedResults ? { name: toolName } : {}),
      };
    }
  }
}

/** A tool as chat completions take it. */
export function writeTool(
  name: string,
  description: string | undefined,
  parameters: JsonSchema,
  strict?: boolean,
): object {
  return { type: 'function', function: { name, description, parameters, strict } };
}

function addTools(body: ChatBody, call: ProviderCall, { required, writeSchema }: ChatDialect): void {
  const choice = readToolChoice(call);
  const { tools = [] } = call;
  if (tools.length === 0) return;
  body.tools = tools.map(({ name, description, parameters, strict }) => {
    const complete = completeParameters(parameters);
    return writeTool(name, description, writeSchema?.(complete) ?? complete, strict);
  });
  body.parallel_tool_calls = call.parallelToolCalls;
  if (choice?.type === 'tool') body.tool_choice = { type: 'function', function: { name: choice.toolName } };
  else body.tool_choice = choice?.type === 'required' ? (required ?? 'required') : choice?.type;
}

function writeResponseFormat(
  schema: JsonSchema,
  { responseSchemaName, responseSchemaDescription, responseSchemaStrict, responseJsonObject }: ProviderCall,
  { responseFormat, withoutJsonObject, writeSchema }: ChatDialect,
): object {
  if (responseFormat !== undefined) return responseFormat(schema);
  if (responseJsonObject && !withoutJsonObject) return { type: 'json_object' };
  const json_schema = {
    name: responseSchemaName ?? 'response',
    description: responseSchemaDescription,
    schema: writeSchema?.(schema) ?? schema,
    strict: responseSchemaStrict ?? isStrictSchema(schema),
  };
  return { type: 'json_schema', json_schema };
}

/** The vendor has no defaults of its own. A stream has no other format. */
function writeAudioOutput({ voice = 'alloy', format }: AudioOutput, streaming: boolean): object {
  return { voice, format: format ?? (streaming ? 'pcm16' : 'wav') };
}

const lackedFields = {
  penalties: ['presence_penalty', 'frequency_penalty'],
  logprobs: ['logprobs', 'top_logprobs'],
  parallelToolCalls: ['parallel_tool_calls'],
} as const;

/** Writes requests of chat completions, as many vendors take them. */
export function createChatRequests({ url, headers, dialect, rules = {} }: ChatRequestOptions): WireRequests {
  const { maxTokens = 'max_tokens', seed = 'seed', effort: writeEffort } = dialect;
  const traits: WireTraits = {
    name: wireName,
    takesPartFields: takesPartFields(dialect),
    takesCallFields: dialect.takesCallFields === true,
    hasAlternatives: dialect.hasAlternatives === true,
    takesOpenReasoning: (model) => dialect.reasoningField?.(model) !== undefined,
    ...(dialect.refusedFields === undefined ? {} : { refused: dialect.refusedFields }),
    hasAudio: dialect.hasAudio === true,
    hasAudioIds: dialect.hasAudio === true,
  };
  const build: WireRequests['build'] = (call, streaming) => {
    const { model, temperature, maxOutputTokens, responseSchema, stop = [] } = call;
    const messages = arrangeConversation(call.messages, { ...rules, partsInResults: true });
    const body: ChatBody = {
      model,
      messages: messages.map((message) => writeMessage(message, call, dialect)),
      temperature,
      top_p: call.topP,
      [maxTokens]: maxOutputTokens,
      presence_penalty: call.presencePenalty,
      frequency_penalty: call.frequencyPenalty,
      n: call.alternatives,
    };
    if (call.audio !== undefined) {
      body.modalities = ['text', 'audio'];
      body.audio = writeAudioOutput(call.audio, streaming);
    }
    if (call.topLogprobs !== undefined) {
      body.logprobs = true;
      if (call.topLogprobs > 0) body.top_logprobs = call.topLogprobs;
    }
    if (stop.length > 0 && dialect.stop !== null) body.stop = stop;
    if (seed !== null) body[seed] = call.seed;
    const effort = readEffort(call);
    if (effort !== undefined) body.reasoning_effort = writeEffort ? writeEffort(effort, model) : effort;
    addTools(body, call, dialect);
    if (responseSchema !== undefined) {
      body.response_format = writeResponseFormat(readSchema(responseSchema), call, dialect);
    }
    if (streaming) {
      body.stream = true;
      if (dialect.streamUsage) body.stream_options = { include_usage: true };
    }
    addOwnOptions(body, call, traits.name, dialect.refusedFields);
    for (const lacked of dialect.lacks ?? []) for (const field of lackedFields[lacked]) delete body[field];
    dialect.adapt?.(body, call);
    return postJson(url, headers, body, dialect.addAnswerTool?.(body, call) ?? null);
  };
  return { traits, build };
}
