import {
  type BodyFields,
  isFields,
  requireText,
  toBoolean,
  toFields,
  toInteger,
  toList,
  toNumber,
  toText,
  WrongField,
} from '../../body-fields.ts';
import { markInput, markPlace } from '../../input-places.ts';
import type { CompletionInput, ToolInput } from '../../operations.generated.ts';
import { readOutputFormat } from '../../output-format.ts';
import { allowTools, readCustomTool } from '../../responses/responses-tools.ts';
import { readConversationId } from '../conversation-id.ts';
import { readChatMessages } from './chat-messages.ts';
import { type CustomTools, readCustomTools, restoreCustomCalls } from './custom-calls.ts';
import { isResponsesBody, readResponsesBody } from './responses-body.ts';
import { readStreamOptions } from './stream-options.ts';

/** What a request of chat completions requests. */
export interface ChatRequest {
  readonly input: CompletionInput;
  readonly isStreamed: boolean;
  /** The last chunk of a stream has the usage. */
  readonly includesUsage: boolean;
  /** What the graph has no field for. */
  readonly dropped: readonly string[];
  readonly customTools: CustomTools;
}

/** Fields of the input by the names of the body. */
const chatNames = {
  model: 'model',
  messages: 'messages',
  temperature: 'temperature',
  topP: 'top_p',
  maxOutputTokens: 'max_completion_tokens',
  stop: 'stop',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  logprobs: 'logprobs',
  topLogprobs: 'top_logprobs',
  reasoningEffort: 'reasoning_effort',
  parallelToolCalls: 'parallel_tool_calls',
  alternatives: 'n',
  'audio.voice': 'audio.voice',
  'audio.format': 'audio.format',
  tools: 'tools',
  toolChoice: 'tool_choice',
  responseSchema: 'response_format.json_schema.schema',
  responseSchemaName: 'response_format.json_schema.name',
  responseSchemaDescription: 'response_format.json_schema.description',
  endUserId: 'user',
};
/** The same for a client that sends the older name of the limit. */
export const olderChatNames = { ...chatNames, maxOutputTokens: 'max_tokens' };
const toolPlaces = { name: '.name', parameters: '.parameters', description: '.description' };
const toolsMax = 10_000;

/** BodyFields that are translated, or that only the handler reads. All others are for the provider. */
const known = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'temperature', 'top_p', 'n', 'stop', 'seed'],
  ...[
    'max_tokens',
    'max_completion_tokens',
    'presence_penalty',
    'frequency_penalty',
    'logprobs',
    'top_logprobs',
  ],
  ...['tools', 'tool_choice', 'functions', 'function_call', 'parallel_tool_calls', 'response_format'],
  ...['modalities', 'audio', 'reasoning_effort'],
]);

/** Translates a body of chat completions. Throws WrongField for what is wrong in it. */
export function readChatRequest(body: unknown): ChatRequest {
  const fields = toFields(body, '');
  const { includesUsage, dropped } = readStreamOptions(fields);
  if (isResponsesBody(fields)) {
    const { input, ...request } = readResponsesBody(fields);
    const customTools = readCustomTools(fields.tools);
    const messages = restoreCustomCalls(input.messages ?? [], customTools);
    return { ...request, input: { ...input, messages }, includesUsage, customTools };
  }
  const tools = readTools(fields);
  const customTools = readCustomTools(fields.tools);
  const input: CompletionInput = {
    model: requireText(fields.model, 'model'),
    messages: restoreCustomCalls(readChatMessages(fields.messages), customTools),
    ...readSampling(fields),
    ...(tools.length === 0 ? {} : readToolChoice(fields, tools)),
    ...readAudio(fields),
    ...readOutputFormat(fields.response_format, 'response_format', 'json_schema'),
    ...readCaller(fields),
    ...readOthers(fields),
  };
  const isStreamed = toBoolean(fields.stream, 'stream') ?? false;
  const isOlder = fields.max_completion_tokens == null;
  markInput(input, isOlder ? olderChatNames : chatNames, () => readChatRequest(body));
  // A voice and a format are of no use to an answer that is not spoken.
  const silent = fields.audio != null && input.audio === undefined ? ['audio'] : [];
  return { input, isStreamed, includesUsage, dropped: [...dropped, ...silent], customTools };
}

function readSampling(fields: BodyFields): Partial<CompletionInput> {
  const alternatives = toInteger(fields.n, 'n');
  return withoutUndefined({
    temperature: toNumber(fields.temperature, 'temperature'),
    topP: toNumber(fields.top_p, 'top_p'),
    maxOutputTokens:
      toInteger(fields.max_completion_tokens, 'max_completion_tokens') ??
      toInteger(fields.max_tokens, 'max_tokens'),
    stop: readStop(fields.stop),
    seed: toInteger(fields.seed, 'seed'),
    presencePenalty: toNumber(fields.presence_penalty, 'presence_penalty'),
    frequencyPenalty: toNumber(fields.frequency_penalty, 'frequency_penalty'),
    logprobs: toBoolean(fields.logprobs, 'logprobs'),
    topLogprobs: toInteger(fields.top_logprobs, 'top_logprobs'),
    reasoningEffort: toText(fields.reasoning_effort, 'reasoning_effort'),
    parallelToolCalls: toBoolean(fields.parallel_tool_calls, 'parallel_tool_calls'),
    alternatives: alternatives === 1 ? undefined : alternatives,
  });
}

function readStop(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  const list = toList(value, 'stop', 100);
  return list?.map((text, at) => requireText(text, `stop[${at}]`));
}

/** Tools in the nested form of chat completions, in the flat form of responses, and functions, their older form. */
function readTools(fields: BodyFields): readonly ToolInput[] {
  const tools = toList(fields.tools, 'tools', toolsMax) ?? [];
  const functions = toList(fields.functions, 'functions', toolsMax) ?? [];
  return [
    ...tools.map((tool, at) => readTool(toFields(tool, `tools[${at}]`), `tools[${at}]`)),
    ...functions.map((one, at) => readFunction(toFields(one, `functions[${at}]`), `functions[${at}]`)),
  ];
}

function readTool(tool: BodyFields, at: string): ToolInput {
  switch (tool.type) {
    case 'function':
      return isFields(tool.function) ? readFunction(tool.function, `${at}.function`) : readFunction(tool, at);
    case 'custom':
      return markPlace(readCustomTool(isFields(tool.custom) ? tool.custom : tool, at), at, toolPlaces);
    default:
      throw new WrongField(`${at}.type`, 'must be function or custom.');
  }
}

function readName(fields: BodyFields, at: string): Pick<ToolInput, 'name' | 'description'> {
  const description = toText(fields.description, `${at}.description`);
  return {
    name: requireText(fields.name, `${at}.name`),
    ...(description === undefined ? {} : { description }),
  };
}

function readFunction(fields: BodyFields, at: string): ToolInput {
  const { parameters, strict } = fields;
  const isStrict = toBoolean(strict, `${at}.strict`);
  return markPlace(
    {
      ...readName(fields, at),
      parameters:
        parameters == null ? { type: 'object', properties: {} } : toFields(parameters, `${at}.parameters`),
      ...(isStrict === undefined ? {} : { strict: isStrict }),
    },
    at,
    toolPlaces,
  );
}

/** The tools with the choice of one of them; of several that may be called, those alone. */
function readToolChoice(fields: BodyFields, tools: readonly ToolInput[]): Partial<CompletionInput> {
  const choice = fields.tool_choice ?? fields.function_call;
  if (choice === undefined || choice === null) return { tools };
  if (typeof choice === 'string') return { tools, toolChoice: choice };
  const given = toFields(choice, 'tool_choice');
  const { type, function: chosen, custom, name } = given;
  if (type === 'auto' || type === 'none' || type === 'required') return { tools, toolChoice: type };
  if (type === 'allowed_tools') {
    const allowed = allowTools(given, tools);
    return allowed.tools.length === 0 ? {} : { tools: allowed.tools, toolChoice: allowed.toolChoice };
  }
  const named = isFields(chosen) ? chosen.name : isFields(custom) ? custom.name : name;
  return { tools, toolChoice: requireText(named, 'tool_choice.function.name') };
}

/** What the answer is made of: text, and audio in a voice and a format. */
function readAudio(fields: BodyFields): Partial<CompletionInput> {
  const modalities = toList(fields.modalities, 'modalities', 10);
  if (modalities?.includes('audio') !== true) return {};
  const { voice, format } = toFields(fields.audio ?? {}, 'audio');
  // A voice of one's own has an ID.
  const name = isFields(voice) ? voice.id : voice;
  return {
    audio: withoutUndefined({
      voice: toText(name, 'audio.voice'),
      format: toText(format, 'audio.format'),
    }),
  };
}

/** The end user of the call: `safety_identifier` is the newer name of `user`. Both go to providers of this dialect as well. */
function readCaller(fields: BodyFields): Partial<CompletionInput> {
  const endUserId = toText(fields.safety_identifier ?? fields.user, 'user');
  const metadata = fields.metadata == null ? undefined : toFields(fields.metadata, 'metadata');
  const conversationId = readConversationId(metadata);
  return withoutUndefined({ endUserId: endUserId === '' ? undefined : endUserId, conversationId, metadata });
}

/** Of the modalities the graph has text and audio. */
function isOther(name: string, value: unknown): boolean {
  if (name !== 'modalities') return !known.has(name);
  return Array.isArray(value) && value.some((modality) => modality !== 'text' && modality !== 'audio');
}

/** BodyFields of the body that the graph does not name: they go to a provider of this dialect as they are. */
function readOthers(fields: BodyFields): Partial<CompletionInput> {
  const others = Object.entries(fields).filter(([name, value]) => isOther(name, value) && value != null);
  return others.length === 0 ? {} : { providerOptions: { chat: Object.fromEntries(others) } };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  const defined: Partial<T> = {};
  for (const name of Object.keys(fields) as (keyof T)[]) {
    if (fields[name] !== undefined) defined[name] = fields[name];
  }
  return defined as Defined<T>;
}
