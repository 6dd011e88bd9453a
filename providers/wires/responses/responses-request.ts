import type { ContentPart, ProviderCall, ProviderMessage, SentReasoning } from '../../provider.ts';
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
import { fields, list } from '../shared/fields.ts';
import { postJson, type WireRequests } from '../shared/wire-request.ts';
import { readOwn, responsesName, writeAnswer, writeSystem, writeUser } from './own-items.ts';
import { writeReasoningTexts } from './reasoning-texts.ts';

/** A request of the responses API. What is undefined is not sent. */
export type ResponsesBody = Record<string, unknown>;

/** How a vendor's responses API differs from the common form. */
export interface ResponsesDialect {
  /** The form of a file in a user message, by its place in it. @throws {ProviderFailure} where the vendor takes none of its type */
  readonly writeFile: (file: FileSource, at: number) => object;
  /** The role of instructions. */
  readonly systemRole?: (model: string) => 'system' | 'developer';
  /** What an earlier call of a tool has beside its id, name and arguments. */
  readonly callFields?: (id: string) => object;
  /** What a tool has beside its name, description and parameters. */
  readonly toolFields?: object;
  readonly takesSeed?: true;
  /** JSON Schemas as the vendor takes them. */
  readonly writeSchema?: (schema: JsonSchema) => JsonSchema;
  /** Schemas of answers are requested strictly unless the call states otherwise. */
  readonly alwaysStrict?: true;
  /** What requests an effort; undefined: nothing does, or the AI model takes none. */
  readonly writeReasoning: (effort: Effort, model: string) => object | undefined;
  /** Last changes to a request. */
  readonly adapt?: (body: ResponsesBody, call: ProviderCall) => void;
}

export interface ResponsesRequestOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dialect: ResponsesDialect;
  readonly rules?: ConversationRules;
}

const traits: WireTraits = {
  name: responsesName,
  hasAlternatives: false,
};

/** Reasoning goes back encrypted or not at all: none is kept at the vendor. */
function writeBlock({ text, signature, redacted, details }: SentReasoning): object[] {
  if (redacted === null) return [];
  const { status, ...texts } = writeReasoningTexts(text ?? '', fields(details?.[responsesName]) ?? {});
  return [{ type: 'reasoning', id: signature ?? undefined, status, ...texts, encrypted_content: redacted }];
}

function writeContent(part: ContentPart, at: number, dialect: ResponsesDialect): object {
  const own = readOwn(part);
  // With a type they take the place of the part.
  if (own?.type !== undefined) return own;
  const written =
    part.type === 'text' ? { type: 'input_text', text: part.text } : dialect.writeFile(readFile(part), at);
  return { ...own, ...written };
}

/** The API has no other sign of a failure than the text of the result. */
function writeOutput(
  message: ProviderMessage & { readonly role: 'tool' },
  dialect: ResponsesDialect,
): string | object[] {
  const { content, parts, isError } = message;
  if (parts !== undefined) return parts.map((part, at) => writeContent(part, at, dialect));
  const text = isError === true ? `Error: ${content}` : content;
  const own = readOwn(message);
  return own === undefined ? text : [{ ...own, type: 'input_text', text }];
}

function writeMessage(message: ProviderMessage, model: string, dialect: ResponsesDialect): object[] {
  switch (message.role) {
    case 'system':
      return [writeSystem(message.content, readOwn(message), dialect.systemRole?.(model) ?? 'system')];
    case 'user':
      return writeUser(message.parts, (part, at) => writeContent(part, at, dialect));
    case 'assistant': {
      const calls = message.toolCalls.map(({ id, name, arguments: given, own }) => ({
        ...dialect.callFields?.(id),
        ...own?.[responsesName],
        type: 'function_call',
        call_id: id,
        name,
        // Arguments that are no object are a text, and stay as the model wrote it.
        arguments: typeof given === 'string' ? given : JSON.stringify(given),
      }));
      const written = [...writeAnswer(message.text, message.parts), ...calls];
      return message.reasoning === undefined
        ? written
        : [...message.reasoning.flatMap(writeBlock), ...written];
    }
    case 'tool':
      return [
        {
          ...message.resultOwn?.[responsesName],
          type: 'function_call_output',
          call_id: message.toolCallId,
          output: writeOutput(message, dialect),
        },
      ];
  }
}

function addTools(body: ResponsesBody, call: ProviderCall, dialect: ResponsesDialect): void {
  const { writeSchema, toolFields } = dialect;
  const choice = readToolChoice(call);
  const { tools = [], providerTools, providerToolChoice } = call;
  const ran = providerTools?.[traits.name] ?? [];
  if (tools.length + ran.length === 0) return;
  body.parallel_tool_calls = call.parallelToolCalls;
  const written = tools.map((tool) => {
    const { name, description, parameters, strict } = tool;
    const complete = completeParameters(parameters);
    return {
      ...readOwn(tool),
      type: 'function',
      name,
      description,
      parameters: writeSchema?.(complete) ?? complete,
      ...toolFields,
      ...(strict === undefined ? {} : { strict }),
    };
  });
  body.tools = [...written, ...ran];
  body.tool_choice =
    providerToolChoice?.[traits.name] ??
    (choice?.type === 'tool' ? { type: 'function', name: choice.toolName } : choice?.type);
}

/** What an answer is to have beside what is requested of every answer. */
function addIncludes(body: ResponsesBody, { providerOptions }: ProviderCall): void {
  const further = [providerOptions?.[traits.name], providerOptions?.own].flatMap((one) => list(one?.include));
  if (further.length > 0) body.include = [...new Set([...list(body.include), ...further])];
}

function writeFormat(
  schema: JsonSchema,
  { responseSchemaName, responseSchemaDescription, responseSchemaStrict, responseJsonObject }: ProviderCall,
  { writeSchema, alwaysStrict }: ResponsesDialect,
): object {
  if (responseJsonObject) return { type: 'json_object' };
  return {
    type: 'json_schema',
    name: responseSchemaName ?? 'response',
    description: responseSchemaDescription,
    strict: responseSchemaStrict ?? (alwaysStrict === true || isStrictSchema(schema)),
    schema: writeSchema?.(schema) ?? schema,
  };
}

/** Writes requests of OpenAI's responses API, which xAI takes as well. It knows no stop texts. */
export function createResponsesRequests(options: ResponsesRequestOptions): WireRequests {
  const { url, headers, dialect, rules = {} } = options;
  const build: WireRequests['build'] = (call, streaming) => {
    const { model, temperature, topP, maxOutputTokens, responseSchema } = call;
    const messages = arrangeConversation(call.messages, rules);
    const body: ResponsesBody = {
      model,
      input: messages.flatMap((message) => writeMessage(message, model, dialect)),
      temperature,
      top_p: topP,
      max_output_tokens: maxOutputTokens,
    };
    if (dialect.takesSeed) body.seed = call.seed;
    const effort = readEffort(call);
    if (effort !== undefined) body.reasoning = dialect.writeReasoning(effort, model);
    addTools(body, call, dialect);
    if (responseSchema !== undefined)
      body.text = { format: writeFormat(readSchema(responseSchema), call, dialect) };
    if (call.topLogprobs !== undefined) {
      body.top_logprobs = call.topLogprobs;
      body.include = ['message.output_text.logprobs'];
    }
    if (streaming) body.stream = true;
    addOwnOptions(body, call, traits.name);
    addIncludes(body, call);
    dialect.adapt?.(body, call);
    return postJson(url, headers, body);
  };
  return { traits, build };
}
