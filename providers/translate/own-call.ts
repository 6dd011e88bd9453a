import type { Provider, ProviderCall, ProviderKind, ProviderMessage, SentReasoning } from '../provider.ts';
import { listLeftOut, toSharedCall } from '../wires/responses/account-state.ts';
import { hasOwnFile, hasOwnReference, responsesName } from '../wires/responses/own-items.ts';
import { listCostlyTiers, withoutCostlyTiers } from '../wires/shared/costly-tiers.ts';
import { fields } from '../wires/shared/fields.ts';
import { rejectElsewhere, rejectUnsupported } from './call-parts.ts';
import { hasOwnParts, listOthers, toOwnParts, toOwnTools } from './own-parts.ts';

/** Fields of a call that not every vendor takes, and without which an answer is still one to the call. */
const optionalFields = [
  'temperature',
  'topP',
  'stop',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'topLogprobs',
  'parallelToolCalls',
  'responseSchemaName',
  'responseSchemaDescription',
  'responseSchemaStrict',
] as const satisfies readonly (keyof ProviderCall)[];

export type OptionalField = (typeof optionalFields)[number];

/** Options that state in which version of its dialect a call is written: for others there is nothing to drop. */
const versionOption = 'version';

/** The name of a field of the call in the graph. */
const graphNames: Readonly<Partial<Record<OptionalField, string>>> = { topLogprobs: 'logprobs' };

/** What a wire format takes of a call beside its messages and tools. */
export interface WireTraits {
  /** Its key in `providerOptions`. */
  readonly name: string;
  /** The optional fields that it takes; absent: its requests are compared with those of calls without the fields. */
  readonly takes?: ReadonlySet<OptionalField>;
  /** Whether it has several answers to one request. A call of several is refused otherwise. */
  readonly hasAlternatives: boolean;
  /** Whether the AI model takes the text of reasoning that is neither signed nor encrypted; absent: it does not. */
  readonly takesOpenReasoning?: (model: string) => boolean;
  /** Whether the vendor is sent the further fields of parts; absent: it is. */
  readonly takesPartFields?: boolean;
  /** The same of those of calls and results of tools. */
  readonly takesCallFields?: boolean;
  /** Fields of the format for which the vendor refuses a request: they are not sent. */
  readonly refused?: ReadonlySet<string>;
  /** Whether it has spoken answers. A call of one is refused otherwise. */
  readonly hasAudio?: boolean;
  /** Whether it takes the audio of earlier answers by ID. A message of nothing else is refused otherwise. */
  readonly hasAudioIds?: boolean;
}

/**
 * Fields of requests that are not taken from `providerOptions`: what a call is reserved and billed by, other AI models, what has a field in the
 * graph, and what leads to things that an account keeps, which many tenants may share.
 */
const reservedFields: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'input', 'contents', 'system', 'systemInstruction', 'instructions', 'prompt'],
  ...[
    'tools',
    'tool_choice',
    'toolConfig',
    'functions',
    'function_call',
    'stream',
    'stream_options',
    'background',
  ],
  ...['n', 'best_of', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'generationConfig'],
  ...['models', 'fallbacks', 'route'],
  ...['cached_content', 'mcp_servers', 'modalities', 'audio', 'responseModalities'],
  ...['previous_response_id', 'conversation', 'container', 'cachedContent', 'user_id'],
  // What servers of one's own and proxies name otherwise.
  ...['inferenceConfig', 'additionalModelRequestFields', 'max_new_tokens', 'n_predict'],
  ...['extra_body', 'api_key', 'api_base', 'base_url', 'session_params', 'id_slot', 'kv_transfer_params'],
]);

/** Fields of chat completions that the responses API takes as they are; `verbosity` is part of its `text`. */
const chatInResponses: ReadonlySet<string> = new Set([
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'user',
  'metadata',
  'verbosity',
]);

/** The fields that a client sent for chat completions, as the responses API accepts them. */
function fromChat({ chat = {} }: NonNullable<ProviderCall['providerOptions']>): Record<string, unknown> {
  const taken: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(chat)) {
    if (!chatInResponses.has(field)) continue;
    if (field === 'verbosity') taken.text = { verbosity: value };
    else taken[field] = value;
  }
  return taken;
}

/** The fields that a client sent for the responses API, as chat completions have them. */
function fromResponses({
  responses = {},
}: NonNullable<ProviderCall['providerOptions']>): Record<string, unknown> {
  const taken: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(responses)) {
    if (field === 'text') {
      const verbosity = fields(value)?.verbosity;
      if (verbosity !== undefined) taken.verbosity = verbosity;
    } else if (chatInResponses.has(field)) taken[field] = value;
  }
  return taken;
}

/** The fields that the other one of OpenAI's formats shares with a wire format. */
function readShared(
  providerOptions: NonNullable<ProviderCall['providerOptions']>,
  wire: string,
): Record<string, unknown> {
  if (wire === 'responses') return fromChat(providerOptions);
  return wire === 'chat' ? fromResponses(providerOptions) : {};
}

type Assistant = Extract<ProviderMessage, { readonly role: 'assistant' }>;

/**
 * The blocks that a provider of this kind may have: its own as they are, and of those of an unknown provider the text.
 * What another provider has signed or encrypted is of no use to it, and none of its concern.
 */
function readOwnReasoning(blocks: readonly SentReasoning[], kind: ProviderKind): readonly SentReasoning[] {
  return blocks.flatMap((block) => {
    if (block.provider === kind) return [block];
    if (block.provider !== null || block.text === null) return [];
    return [{ text: block.text, signature: null, redacted: null, toolCallId: null, provider: null }];
  });
}

function toOwnMessage(given: ProviderMessage, kind: ProviderKind, wire: string): ProviderMessage {
  const message = hasOwnParts(given) ? toOwnParts(given, wire) : given;
  if (message.role !== 'assistant' || message.reasoning === undefined) return message;
  const { reasoning, ...rest } = message;
  const own = readOwnReasoning(reasoning, kind);
  return own.length === 0 ? rest : ({ ...rest, reasoning: own } satisfies Assistant);
}

function hasOwn(message: ProviderMessage): boolean {
  return (message.role === 'assistant' && message.reasoning !== undefined) || hasOwnParts(message);
}

/** Whether the request of a provider of the kind lacks a block: another kind has signed it, or its text alone is not taken. */
function lacksReasoning(
  message: ProviderMessage,
  kind: ProviderKind,
  takesOpen: boolean,
  takesDetails: boolean,
): boolean {
  if (message.role !== 'assistant' || message.reasoning === undefined) return false;
  return message.reasoning.some(({ provider, text, signature, redacted, details }) => {
    if (provider !== null && provider !== kind) return true;
    const isOpen =
      provider === null ||
      (signature === null && redacted === null && !(takesDetails && details !== undefined));
    return isOpen && !takesOpen && text !== null && text !== '';
  });
}

/** The call with nothing that is for providers of other kinds. The same call where there is nothing of that. */
function toOwnCall(call: ProviderCall, kind: ProviderKind, wire: string): ProviderCall {
  const { providerOptions, providerTools, providerToolChoice, messages } = call;
  const hasTools = providerTools !== undefined || providerToolChoice !== undefined;
  if (providerOptions === undefined && !hasTools && !messages.some(hasOwn)) return call;
  const own = providerOptions?.[kind.toLowerCase()];
  const {
    providerOptions: _,
    providerTools: _tools,
    providerToolChoice: _choice,
    toolChoice,
    ...rest
  } = call;
  return {
    ...rest,
    ...(hasTools ? toOwnTools(call, wire) : toolChoice === undefined ? {} : { toolChoice }),
    messages: messages.map((message) => toOwnMessage(message, kind, wire)),
    ...(providerOptions === undefined ? {} : { providerOptions: { ...providerOptions, own: own ?? {} } }),
  };
}

/**
 * Adds the further fields of the call to the body of a request, where it has no value of its own; those for the kind of the
 * provider precede those for its wire format.
 */
export function addOwnOptions(
  body: Record<string, unknown>,
  { providerOptions }: ProviderCall,
  wire: string,
  refused?: ReadonlySet<string>,
): void {
  if (providerOptions === undefined) return;
  const further = { ...readShared(providerOptions, wire), ...providerOptions[wire], ...providerOptions.own };
  for (const [field, value] of Object.entries(further)) {
    if (reservedFields.has(field) || refused?.has(field)) continue;
    const [mine, other] = [body[field], fields(value)];
    if (mine === undefined) body[field] = value;
    // Of an object, such as `text` of responses, each field by itself.
    else if (other !== null && fields(mine) !== null) body[field] = { ...other, ...fields(mine) };
  }
}

/** Whether a field for one of OpenAI's formats is sent in the other. */
function isShared(field: string, value: unknown, key: string, wire: string): boolean {
  if (key === 'chat' && wire === 'responses') return chatInResponses.has(field);
  if (key !== 'responses' || wire !== 'chat') return false;
  // Of `text`, chat completions have one field alone.
  if (field === 'text') return Object.keys(fields(value) ?? {}).every((name) => name === 'verbosity');
  return chatInResponses.has(field) && field !== 'verbosity';
}

/** The fields of a call that are not sent to a provider of the kind; undefined: none. */
function findDropped(
  call: ProviderCall,
  kind: ProviderKind,
  { name, takes, takesOpenReasoning, refused, hasAudioIds, ...taken }: WireTraits,
  compared: readonly string[] | undefined,
): readonly string[] | undefined {
  const dropped: string[] = [...(compared ?? [])];
  for (const field of optionalFields) {
    if (call[field] !== undefined && takes?.has(field) === false) dropped.push(graphNames[field] ?? field);
  }
  // What lists its fields has no place for the authors of messages.
  if (takes !== undefined && call.messages.some(isNamed)) dropped.push('messages.name');
  const takesOpen = takesOpenReasoning?.(call.model) ?? false;
  if (call.messages.some((message) => lacksReasoning(message, kind, takesOpen, name === 'chat')))
    dropped.push('messages.reasoning');
  if (hasAudioIds !== true && call.messages.some(hasAudioId)) dropped.push('messages.audioId');
  dropped.push(...listOthers(call, name, taken));
  const { providerOptions } = call;
  if (providerOptions !== undefined) {
    const sent = [name, kind.toLowerCase()];
    for (const [key, given] of Object.entries(providerOptions)) {
      for (const field of Object.keys(given)) {
        if (field === versionOption) continue;
        if (sent.includes(key) && !reservedFields.has(field) && !refused?.has(field)) continue;
        if (isShared(field, given[field], key, name) && !refused?.has(field)) continue;
        dropped.push(`providerOptions.${key}.${field}`);
      }
    }
  }
  return dropped.length === 0 ? undefined : dropped;
}

/** A provider that states what its wire format takes. */
export interface TraitedProvider extends Provider {
  /** Absent: everything. */
  traits?(call: ProviderCall): WireTraits;
}

function isNamed(message: ProviderMessage): boolean {
  return message.role !== 'tool' && message.name !== undefined;
}

/** @throws {ProviderFailure} BAD_USER_INPUT for what the wire format does not have */
function refuseAudio(call: ProviderCall, provider: TraitedProvider): void {
  const isOfAudio = call.messages.some((message) => hasAudioId(message) && message.text === '');
  if (call.audio === undefined && !isOfAudio) return;
  const { hasAudio, hasAudioIds } = provider.traits?.(call) ?? {};
  if (call.audio !== undefined && hasAudio !== true) {
    throw rejectUnsupported('it returns no audio, and audio requests some');
  }
  if (!isOfAudio || hasAudioIds === true) return;
  throw rejectUnsupported(
    'it has no audio of earlier answers, and audioId of a message without content names one',
  );
}

function hasAudioId(message: ProviderMessage): message is Assistant {
  return message.role === 'assistant' && message.audioId !== undefined;
}

/**
 * The provider behind what all providers of its kind have in common.
 * @param isExclusive one tenant alone may use its account
 */
export function withOwnCalls(provider: TraitedProvider, kind: ProviderKind, isExclusive = false): Provider {
  /**
   * @throws {ProviderFailure} BAD_USER_INPUT for several answers, a spoken one or a file where the wire format has none, and for what a
   * shared account keeps
   */
  const prepare = (call: ProviderCall): ProviderCall => {
    refuseAudio(call, provider);
    if (call.alternatives !== undefined && provider.traits?.(call).hasAlternatives === false) {
      throw rejectUnsupported('it returns one answer to a request, and alternatives requests more');
    }
    const wire = provider.traits?.(call).name ?? '';
    if (wire !== responsesName && hasOwnFile(call))
      throw rejectElsewhere(
        'This model takes no file that a message names in the form of responses, by its ID or address: send its content',
      );
    if (wire !== responsesName && hasOwnReference(call))
      throw rejectElsewhere(
        'This model takes no item that its provider keeps by its ID: send the item itself',
      );
    const own = toOwnCall(isExclusive ? call : withoutCostlyTiers(call), kind, wire);
    return !isExclusive && wire === responsesName ? toSharedCall(own, wire) : own;
  };
  const { countTokens, moderate } = provider;
  return {
    ...(countTokens === undefined
      ? {}
      : { countTokens: async (call) => countTokens.call(provider, prepare(call)) }),
    generate: async (call) => provider.generate(prepare(call)),
    // Without a generator in between: each part would pass through it.
    stream: (call) => provider.stream(prepare(call)),
    embed: (call) => provider.embed(call),
    ...(moderate === undefined ? {} : { moderate: (call) => moderate.call(provider, call) }),
    dropped: (call) => {
      const traits = provider.traits?.(call);
      if (traits === undefined) return undefined;
      const dropped = findDropped(call, kind, traits, provider.dropped?.(call));
      if (isExclusive) return dropped;
      const leftOut = traits.name === responsesName ? listLeftOut(call, traits.name) : [];
      const more = [...leftOut.map((type) => `messages.${type}`), ...listCostlyTiers(call)];
      return more.length === 0 ? dropped : [...new Set([...(dropped ?? []), ...more])];
    },
  };
}
