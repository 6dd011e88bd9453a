import {
  type BodyFields,
  requireText,
  toBoolean,
  toFields,
  toInteger,
  toList,
  toNumber,
  toText,
  WrongField,
} from '../body-fields.ts';
import { markInput } from '../input-places.ts';
import { readStreamOptions } from '../openai/chat/stream-options.ts';
import { readConversationId } from '../openai/conversation-id.ts';
import type { CompletionInput } from '../operations.generated.ts';
import { readOutputFormat } from '../output-format.ts';
import { listLostStatuses, readItemMessages } from './input-items.ts';
import { responsesFormat } from './output/vendor-items.ts';
import type { RequestFields } from './response-object.ts';
import { readResponsesTools } from './responses-tools.ts';

/** The call that a request of responses describes. */
export interface ResponsesRequest {
  readonly input: CompletionInput;
  /** As the response repeats it. */
  readonly repeated: RequestFields;
  readonly isStreamed: boolean;
  readonly isBackground: boolean;
  readonly isStored: boolean;
  /** What the graph has no field for. */
  readonly dropped: readonly string[];
}

/** Fields of the input by the names of the body. */
const responsesNames = {
  model: 'model',
  messages: 'input',
  temperature: 'temperature',
  topP: 'top_p',
  maxOutputTokens: 'max_output_tokens',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  topLogprobs: 'top_logprobs',
  reasoningEffort: 'reasoning.effort',
  parallelToolCalls: 'parallel_tool_calls',
  tools: 'tools',
  toolChoice: 'tool_choice',
  providerTools: 'tools',
  providerToolChoice: 'tool_choice',
  responseSchema: 'text.format.schema',
  responseSchemaName: 'text.format.name',
  responseSchemaDescription: 'text.format.description',
  endUserId: 'user',
  attachment: 'input',
};
const includesMax = 100;
/** What an answer always has, or has where it is requested. The others belong to tools that a vendor runs. */
const servedIncludes: ReadonlySet<string> = new Set([
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
  'message.input_image.image_url',
]);

/** Fields that are translated, or that only the handler reads. All others are for the provider. */
const known = new Set([
  ...['model', 'input', 'instructions', 'stream', 'stream_options', 'background', 'store', 'include'],
  ...[
    'previous_response_id',
    'temperature',
    'top_p',
    'max_output_tokens',
    'top_logprobs',
    'text',
    'reasoning',
  ],
  ...['tools', 'tool_choice', 'parallel_tool_calls'],
  ...['presence_penalty', 'frequency_penalty', 'conversation', 'prompt'],
]);

/** Translates a body whose `items` are the whole conversation. Throws WrongField for what is wrong in it. */
export function readResponsesRequest(fields: BodyFields, items: readonly BodyFields[]): ResponsesRequest {
  refuseForeignState(fields);
  const isStored = toBoolean(fields.store, 'store') ?? true;
  const isBackground = toBoolean(fields.background, 'background') ?? false;
  if (isBackground && !isStored) throw new WrongField('background', 'needs store: it is read later.');
  const instructions = toText(fields.instructions, 'instructions');
  const tools = readResponsesTools(fields);
  const namespaces = tools.own.filter(({ type }) => type === 'namespace').map(({ name }) => name);
  const messages = readItemMessages(items, {
    vendorNamespaces: new Set(namespaces),
    isVendorCompacted: fields.context_management != null,
  });
  if (messages.length === 0) throw new WrongField('input', 'must have at least one item.');
  const includes = readIncludes(fields.include);
  const system = instructions === undefined || instructions === '' ? [] : [toSystem(instructions)];
  const input: CompletionInput = {
    model: requireText(fields.model, 'model'),
    messages: [...system, ...messages],
    ...readSampling(fields, includes),
    ...(tools.own.length === 0 ? {} : { providerTools: { [responsesFormat]: tools.own } }),
    ...(tools.tools.length + tools.own.length === 0
      ? {}
      : {
          ...(tools.tools.length === 0 ? {} : { tools: tools.tools }),
          toolChoice: tools.toolChoice,
          ...(tools.ownChoice === undefined
            ? {}
            : { providerToolChoice: { [responsesFormat]: tools.ownChoice } }),
          parallelToolCalls: toBoolean(fields.parallel_tool_calls, 'parallel_tool_calls'),
        }),
    ...readOutputFormat(
      fields.text == null ? undefined : toFields(fields.text, 'text').format,
      'text.format',
    ),
    endUserId: toText(fields.safety_identifier ?? fields.user, 'user') || undefined,
    conversationId: readConversationId(fields.metadata),
    ...readOthers(fields, includes),
  };
  markInput(input, responsesNames, () => readResponsesRequest(fields, items));
  return {
    input,
    repeated: repeatRequest(fields, input, tools.repeated),
    isStreamed: toBoolean(fields.stream, 'stream') ?? false,
    isBackground,
    isStored,
    dropped: [...tools.dropped, ...readStreamOptions(fields).dropped, ...listLostStatuses(items)],
  };
}

function toSystem(content: string) {
  return { role: 'SYSTEM', content } as const;
}

/** What only OpenAI's own service keeps cannot be left out: the answer would be one to another question. */
function refuseForeignState({ conversation, prompt }: BodyFields): void {
  if (conversation != null) {
    throw new WrongField('conversation', 'is not kept here: send the items, or previous_response_id.');
  }
  if (prompt != null) throw new WrongField('prompt', 'is not kept here: send its text as instructions.');
}

function readIncludes(value: unknown): readonly string[] {
  const names = toList(value, 'include', includesMax) ?? [];
  return names.map((name, at) => requireText(name, `include[${at}]`));
}

function readSampling(fields: BodyFields, includes: readonly string[]): Partial<CompletionInput> {
  const topLogprobs = toInteger(fields.top_logprobs, 'top_logprobs');
  const hasLogprobs = includes.includes('message.output_text.logprobs') || (topLogprobs ?? 0) > 0;
  const reasoning = fields.reasoning == null ? {} : toFields(fields.reasoning, 'reasoning');
  return {
    temperature: toNumber(fields.temperature, 'temperature'),
    topP: toNumber(fields.top_p, 'top_p'),
    maxOutputTokens: toInteger(fields.max_output_tokens, 'max_output_tokens'),
    presencePenalty: toNumber(fields.presence_penalty, 'presence_penalty'),
    frequencyPenalty: toNumber(fields.frequency_penalty, 'frequency_penalty'),
    ...(hasLogprobs ? { logprobs: true, topLogprobs } : {}),
    reasoningEffort: toText(reasoning.effort, 'reasoning.effort'),
  };
}

/** Fields that the graph does not name: they go to a provider of this dialect as they are. */
function readOthers(fields: BodyFields, includes: readonly string[]): Partial<CompletionInput> {
  const others: Record<string, unknown> = {};
  const include = includes.filter((name) => !servedIncludes.has(name));
  if (include.length > 0) others.include = include;
  for (const [name, value] of Object.entries(fields)) {
    if (!known.has(name) && value != null) others[name] = value;
  }
  const { format: _, ...text } = fields.text == null ? {} : toFields(fields.text, 'text');
  const { effort: __, ...reasoning } =
    fields.reasoning == null ? {} : toFields(fields.reasoning, 'reasoning');
  for (const [name, rest] of Object.entries({ text, reasoning })) {
    const given = Object.entries(rest).filter(([, value]) => value != null);
    if (given.length > 0) others[name] = Object.fromEntries(given);
  }
  return Object.keys(others).length === 0 ? {} : { providerOptions: { responses: others } };
}

function repeatRequest(
  fields: BodyFields,
  input: CompletionInput,
  tools: readonly BodyFields[],
): RequestFields {
  const text = fields.text == null ? {} : toFields(fields.text, 'text');
  const reasoning = fields.reasoning == null ? {} : toFields(fields.reasoning, 'reasoning');
  return {
    background: fields.background ?? false,
    instructions: fields.instructions ?? null,
    max_output_tokens: fields.max_output_tokens ?? null,
    max_tool_calls: fields.max_tool_calls ?? null,
    metadata: fields.metadata == null ? {} : toFields(fields.metadata, 'metadata'),
    parallel_tool_calls: fields.parallel_tool_calls ?? true,
    previous_response_id: fields.previous_response_id ?? null,
    prompt_cache_key: fields.prompt_cache_key ?? null,
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    safety_identifier: fields.safety_identifier ?? null,
    service_tier: fields.service_tier ?? 'default',
    store: fields.store ?? true,
    temperature: input.temperature ?? 1,
    text: { ...text, format: text.format ?? { type: 'text' } },
    tool_choice: fields.tool_choice ?? 'auto',
    tools,
    top_logprobs: fields.top_logprobs ?? 0,
    top_p: input.topP ?? 1,
    presence_penalty: input.presencePenalty ?? 0,
    frequency_penalty: input.frequencyPenalty ?? 0,
    truncation: fields.truncation ?? 'disabled',
    user: fields.user ?? null,
  };
}
