import { type Egress, openEgress } from '#core/egress.ts';
import type { Capability } from '#core/graph-enums.generated.ts';
import { badInput, refuseField } from '#core/input.ts';
import { checkedPrintable } from '#core/text/label.ts';
import { parseResponseSchema } from '#inference/admission/structured-output.ts';
import type { CallOrigin } from '#inference/call-labels.ts';
import { hasCallSecrets } from '#inference/call-secrets.ts';
import type { CompletionRequest } from '#inference/request.ts';
import type { AudioOutput } from '#providers/audio.ts';
import type { ProviderCall, ProviderMessage } from '#providers/provider.ts';
import { checkedCallParameters } from '../../runtime/call-parameters.ts';
import { checkedCacheScope } from '../../runtime/checked-input.ts';
import type { AudioOutputInput, CompletionInput, RunPromptInput, ToolInput } from '../generated.ts';
import { parseLabels } from './labels.ts';
import { measureInput } from './measure-input.ts';
import { parseMessages } from './messages.ts';
import {
  isFormatName,
  isRecord,
  parseOwnFields,
  parseProviderToolChoice,
  parseProviderTools,
} from './own-fields.ts';

/** What complete and runPrompt have in common: what is left out is as the SDL's defaults. */
type CallOptionsInput = Partial<Pick<CompletionInput, keyof CompletionInput & keyof RunPromptInput>>;

type CompletionFields = CallOptionsInput & Omit<CompletionInput, keyof CallOptionsInput>;

type SchemaTraits = Pick<CompletionFields, 'responseSchema' | (typeof schemaTraits)[number]>;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Tool = NonNullable<ProviderCall['tools']>[number];

const toolsMax = 512;
const providerOptionsBytesMax = 32 * 1024;
const mediaPrefixes = [
  ['IMAGE', 'image/'],
  ['AUDIO', 'audio/'],
] as const;
const idempotencyKeyMax = 255;
const attachmentCharactersMax = 8 * 1024 * 1024;
const voiceName = /^[\w.-]{1,64}$/;
const audioFormats = ['wav', 'aac', 'mp3', 'flac', 'opus', 'pcm16'];
const schemaNameMax = 128;
const schemaDescriptionMax = 16_384;
const schemaTraits = [
  'responseSchemaName',
  'responseSchemaDescription',
  'responseSchemaStrict',
  'responseJsonObject',
] as const;
const toolName = /^[A-Za-z0-9_-]{1,128}$/;

/** Checks what a client requests, once. Throws BAD_USER_INPUT naming what is wrong. */
export function parseCompletionInput(
  input: CompletionFields,
  origin: CallOrigin,
  egress: Egress = openEgress,
): CompletionRequest {
  const messages = parseMessages(input.messages, egress);
  return completeRequest(input, messages, origin, { promptId: null, promptVersionId: null }, egress);
}

/** The same for messages that are made already. */
export function completeRequest(
  input: Omit<CompletionFields, 'messages'>,
  messages: readonly ProviderMessage[],
  origin: CallOrigin,
  prompt: Pick<CompletionRequest, 'promptId' | 'promptVersionId' | 'prompt' | 'ofMesh'>,
  egress: Egress = openEgress,
): CompletionRequest {
  const { stop, topLogprobs, alternatives = 1, ...parameters } = checkedCallParameters(input);
  const call: Writable<CompletionRequest['call']> = { messages, ...parameters };
  if (alternatives > 1) call.alternatives = alternatives;
  if (input.logprobs === true) call.topLogprobs = topLogprobs ?? 0;
  else if (topLogprobs !== undefined) badInput('topLogprobs', 'requires logprobs: true.');
  if (input.audio != null) {
    if (alternatives > 1) badInput('alternatives', 'must be 1 with audio.');
    call.audio = parseAudio(input.audio);
  }
  if (stop !== undefined && stop.length > 0) call.stop = stop;
  const { tools, toolChoice } = input;
  const needs: Capability[] = ['CHAT'];
  if (tools != null && tools.length > 0) {
    call.tools = parseTools(tools);
    needs.push('TOOLS');
  }
  if (input.providerTools != null) call.providerTools = parseProviderTools(input.providerTools, egress);
  if (input.providerToolChoice != null)
    call.providerToolChoice = parseProviderToolChoice(input.providerToolChoice);
  if (toolChoice != null) call.toolChoice = parseToolChoice(toolChoice, call);
  const labels = parseLabels(input, origin);
  const isKept = labels.retention !== 'NONE';
  if (input.providerOptions != null)
    call.providerOptions = parseProviderOptions(input.providerOptions, isKept);
  const structured = input.responseSchema == null ? null : parseResponseSchema(input.responseSchema);
  if (structured !== null) {
    call.responseSchema = structured.schema;
    // AI models that take no schemas return JSON objects as well.
    if (input.responseJsonObject !== true) needs.push('STRUCTURED_OUTPUT');
  }
  Object.assign(call, parseSchemaTraits(input));
  return {
    model: input.model,
    call,
    ...parseCallOptions(input, isKept && !hasCallSecrets(call)),
    ...parseAttachment(input, isKept),
    labels,
    ...prompt,
    structured,
    ...measureInput(call),
    needs,
    inputs: mediaPrefixes.flatMap(([modality, prefix]) => (hasMedia(messages, prefix) ? [modality] : [])),
  };
}

function parseCallOptions(
  input: CallOptionsInput & Pick<Partial<CompletionInput>, 'allowRestart'>,
  isKept: boolean,
) {
  const { idempotencyKey = null } = input;
  if (idempotencyKey !== null && (idempotencyKey === '' || idempotencyKey.length > idempotencyKeyMax)) {
    badInput('idempotencyKey', `must have 1 to ${idempotencyKeyMax} characters.`);
  }
  const cache = input.cache ?? 'DEFAULT';
  if (input.retention === 'NONE' && (cache === 'USE' || cache === 'REFRESH')) {
    refuseField('cache', `${cache} keeps the answer, and retention: NONE does not: choose one.`);
  }
  return {
    cache: isKept ? cache : 'BYPASS',
    cacheScope: checkedCacheScope(input.cacheScope, 'cacheScope'),
    onDisconnect: input.onDisconnect ?? 'CANCEL',
    allowRestart: input.allowRestart ?? true,
    idempotencyKey,
  } as const;
}

function parseAttachment(
  { attachment, retention }: Partial<CompletionInput>,
  isKept: boolean,
): Pick<CompletionRequest, 'attachment'> {
  if (attachment == null) return {};
  if (retention === 'NONE')
    badInput('attachment', 'is stored, and retention: NONE stores nothing: choose one.');
  if (!isKept)
    badInput('attachment', "is stored, and your tenant's payloadLogging NONE stores nothing: leave it out.");
  if (attachment.length > attachmentCharactersMax) {
    badInput('attachment', `may have at most ${attachmentCharactersMax} characters.`);
  }
  return { attachment };
}

function parseTools(inputs: readonly ToolInput[]): readonly Tool[] {
  if (inputs.length > toolsMax) badInput('tools', `may hold at most ${toolsMax} tools.`);
  const names = new Set<string>();
  return inputs.map(({ name, description, parameters, strict, cache, providerOptions }, at) => {
    if (!toolName.test(name))
      refuseField(`tools[${at}].name`, "a tool's name has letters, digits, _ and -, at most 128 of them.");
    if (names.has(name)) refuseField(`tools[${at}].name`, `there are two tools named ${name}.`);
    names.add(name);
    if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
      badInput(`tools[${at}].parameters`, 'must be a JSON Schema of an object.');
    }
    const own = parseOwnFields(providerOptions, `tools[${at}]`);
    return {
      name,
      parameters: { ...parameters },
      ...(description == null ? {} : { description }),
      ...(strict == null ? {} : { strict }),
      ...(cache === true ? { cache } : {}),
      ...(own === undefined ? {} : { own }),
    };
  });
}

/** What the request of the provider states beside responseSchema. */
function parseSchemaTraits(input: SchemaTraits): Pick<ProviderCall, (typeof schemaTraits)[number]> {
  const given = schemaTraits.find((field) => input[field] != null);
  if (given !== undefined && input.responseSchema == null) badInput(given, 'requires responseSchema.');
  const {
    responseSchemaName: name,
    responseSchemaDescription: description,
    responseSchemaStrict: strict,
    responseJsonObject: isJsonObject,
  } = input;
  if (description != null && description.length > schemaDescriptionMax) {
    badInput('responseSchemaDescription', `may have at most ${schemaDescriptionMax} characters.`);
  }
  return {
    ...(name == null
      ? {}
      : { responseSchemaName: checkedPrintable(name, 'responseSchemaName', schemaNameMax) }),
    ...(description == null ? {} : { responseSchemaDescription: description }),
    ...(strict == null ? {} : { responseSchemaStrict: strict }),
    ...(isJsonObject === true ? { responseJsonObject: true } : {}),
  };
}

function parseToolChoice(
  choice: string,
  { tools = [], providerTools = {} }: Pick<ProviderCall, 'tools' | 'providerTools'>,
): string {
  if (choice === 'auto' || choice === 'none') return choice;
  const all = [...tools, ...Object.values(providerTools).flat()];
  if (all.length === 0) badInput('toolChoice', 'needs tools.');
  if (choice !== 'required' && !all.some(({ name }) => name === choice)) {
    badInput('toolChoice', 'must be auto, none, required, or the name of one of the tools.');
  }
  return choice;
}

function parseAudio({ voice, format }: AudioOutputInput): AudioOutput {
  if (voice != null && !voiceName.test(voice))
    badInput('audio.voice', 'must have 1 to 64 letters, digits, _, - and dots.');
  if (format != null && !audioFormats.includes(format)) {
    badInput('audio.format', `must be one of ${audioFormats.join(', ')}.`);
  }
  return { ...(voice == null ? {} : { voice }), ...(format == null ? {} : { format }) };
}

/**
 * Further fields by kind of provider or by wire format, of a call that is not kept without `store: true`. Throws BAD_USER_INPUT for what
 * is none, or is too long.
 */
function parseProviderOptions(value: unknown, isKept: boolean): NonNullable<ProviderCall['providerOptions']> {
  if (!isRecord(value)) badInput('providerOptions', 'must be an object.');
  for (const [name, fields] of Object.entries(value)) {
    if (!isFormatName(name) || !isRecord(fields)) {
      badInput(
        'providerOptions',
        'must have an object for each kind of provider or wire format, such as {"openai": {…}}.',
      );
    }
  }
  if (Buffer.byteLength(JSON.stringify(value)) > providerOptionsBytesMax) {
    badInput('providerOptions', `may have at most ${providerOptionsBytesMax} bytes as JSON.`);
  }
  const options = value as NonNullable<ProviderCall['providerOptions']>;
  if (isKept) return options;
  return Object.fromEntries(
    Object.entries(options).map(([name, fields]) => [
      name,
      fields.store === true ? { ...fields, store: false } : fields,
    ]),
  );
}

function hasMedia(messages: readonly ProviderMessage[], prefix: string): boolean {
  return messages.some(
    (message) =>
      (message.role === 'user' || message.role === 'tool') &&
      message.parts?.some((part) => part.type === 'file' && part.mediaType.startsWith(prefix)),
  );
}
