import { mayLoseDigits, parseJson } from '#core/json/exact-json.ts';
import { isNestedTooDeep, jsonDepthMax } from '#core/json/json-depth.ts';
import { toWholeCharacters } from '#core/json/whole-characters.ts';
import {
  type BodyFields,
  isFields,
  readDataUrl,
  requireText,
  toFields,
  toList,
  toText,
  WrongField,
} from '../../body-fields.ts';
import { keepPlace, markPlace } from '../../input-places.ts';
import type {
  ContentPartInput,
  MessageInput,
  ReasoningInput,
  ToolCallInput,
} from '../../operations.generated.ts';
import { responsesFormat, toFurtherFields, toResponsesPart } from '../../responses/output/vendor-items.ts';
import { readReasoningDetail } from './chat-reasoning.ts';

const messagePlaces = {
  content: '.content',
  parts: '.content',
  name: '.name',
  toolCallId: '.tool_call_id',
  toolCalls: '.tool_calls',
  reasoning: '.reasoning_details',
};
/** Fields of calls and results of tools that the graph has fields for. */
const callFields: ReadonlySet<string> = new Set(['type', 'id', 'index', 'function', 'custom']);
const resultFields: ReadonlySet<string> = new Set(['role', 'tool_call_id', 'content', 'name']);
/** Fields of files that the graph has fields for, and the names of files elsewhere. */
const fileFields: ReadonlySet<string> = new Set([
  ...['type', 'file', 'file_data', 'filename', 'file_id', 'file_url'],
  ...['cache_control', 'prompt_cache_breakpoint'],
]);
const audioPlaces = { data: '.data', mediaType: '.format', audioFormat: '.format' };
const filePlaces = {
  data: '.file_data',
  mediaType: '.file_data',
  imageUrl: '.file_data',
  filename: '.filename',
};
const imagePlaces = { data: '.url', mediaType: '.url', imageUrl: '.url', detail: '.detail' };
type Content = Pick<MessageInput, 'content' | 'parts'>;

const messagesMax = 10_000;
const partsMax = 1_000;

/** The messages of chat completions as the graph has them. Throws WrongField. */
export function readChatMessages(value: unknown): readonly MessageInput[] {
  const list = toList(value, 'messages', messagesMax);
  if (list === undefined || list.length === 0)
    throw new WrongField('messages', 'must have at least one message.');
  return list.map((message, index) => {
    const at = `messages[${index}]`;
    return markPlace(readMessage(toFields(message, at), at), at, messagePlaces);
  });
}

function readMessage(message: BodyFields, at: string): MessageInput {
  const { role } = message;
  switch (role) {
    case 'system':
    case 'developer':
      return {
        role: 'SYSTEM',
        ...readContentParts(message.content, `${at}.content`),
        ...readName(message, at),
      };
    case 'user':
      return {
        role: 'USER',
        ...readContentParts(message.content, `${at}.content`),
        ...readName(message, at),
      };
    case 'assistant':
      return readAssistant(message, at);
    case 'tool':
      return {
        role: 'TOOL',
        toolCallId: requireText(message.tool_call_id, `${at}.tool_call_id`),
        ...readContentParts(message.content, `${at}.content`),
        ...toFurtherFields(message, resultFields, 'chat'),
      };
    case 'function':
      // Before tools there were functions, whose calls had no ids: the name stands for one.
      return {
        role: 'TOOL',
        toolCallId: requireText(message.name, `${at}.name`),
        ...readContentParts(message.content, `${at}.content`),
      };
    default:
      throw new WrongField(
        `${at}.role`,
        'must be one of system, developer, user, assistant, tool, function.',
      );
  }
}

/** The participant who wrote the message; an empty name is none. */
function readName({ name }: BodyFields, at: string): Pick<MessageInput, 'name'> {
  const given = toText(name, `${at}.name`);
  return given === undefined || given === '' ? {} : { name: given };
}

function readAssistant(message: BodyFields, at: string): MessageInput {
  const content = readContentParts(message.content, `${at}.content`);
  const refusal = toText(message.refusal, `${at}.refusal`);
  const toolCalls = [
    ...(toList(message.tool_calls, `${at}.tool_calls`, partsMax) ?? []).map((call, index) =>
      readToolCall(call, `${at}.tool_calls[${index}]`),
    ),
    ...(message.function_call == null
      ? []
      : [readFunctionCall(message.function_call, `${at}.function_call`)]),
  ];
  const reasoning = readReasoning(message, at);
  const audioId = readAudioId(message.audio, `${at}.audio`);
  return {
    role: 'ASSISTANT',
    ...(refusal === undefined || refusal === '' ? content : addRefusal(content, refusal)),
    ...readName(message, at),
    ...(audioId === undefined ? {} : { audioId }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

function addRefusal({ content, parts }: Content, text: string): Content {
  const texts = parts ?? (content == null || content === '' ? [] : [{ text: content }]);
  return { parts: [...texts, { text, isRefusal: true }] };
}

/** The audio of an earlier answer: the vendor keeps it. */
function readAudioId(value: unknown, at: string): string | undefined {
  return value == null ? undefined : requireText(toFields(value, at).id, `${at}.id`);
}

/** Reasoning that vendors of this dialect, and this handler, put beside an answer. */
function readReasoning(message: BodyFields, at: string): readonly ReasoningInput[] | undefined {
  const blocks = toList(message.reasoning_details, `${at}.reasoning_details`, partsMax);
  if (blocks !== undefined) {
    return blocks.map((block, index) => readReasoningDetail(block, `${at}.reasoning_details[${index}]`));
  }
  const text = toText(message.reasoning_content ?? message.reasoning, `${at}.reasoning_content`);
  return text === undefined || text === '' ? undefined : [{ text }];
}

function readToolCall(value: unknown, at: string): ToolCallInput {
  const call = toFields(value, at);
  const id = requireText(call.id, `${at}.id`);
  const further = toFurtherFields(call, callFields, 'chat');
  if (call.type === 'custom') {
    const custom = toFields(call.custom, `${at}.custom`);
    const input = toText(custom.input, `${at}.custom.input`) ?? '';
    return { id, name: requireText(custom.name, `${at}.custom.name`), arguments: { input }, ...further };
  }
  const { name, arguments: given } = toFields(call.function, `${at}.function`);
  return {
    id,
    name: requireText(name, `${at}.function.name`),
    arguments: readCallArguments(given, `${at}.function.arguments`),
    ...further,
  };
}

function readFunctionCall(value: unknown, at: string): ToolCallInput {
  const { name, arguments: given } = toFields(value, at);
  const called = requireText(name, `${at}.name`);
  return { id: called, name: called, arguments: readCallArguments(given, `${at}.arguments`) };
}

/**
 * Arguments are JSON in a text, as the model wrote it; what is no JSON stays a text, and so does what a value would not hold
 * digit for digit. Some clients send the value itself.
 */
export function readCallArguments(value: unknown, at: string): unknown {
  if (typeof value !== 'string') {
    if (value === undefined || value === null) return {};
    return toFields(value, at);
  }
  if (value.trim() === '') return {};
  const text = toWholeCharacters(value);
  if (isNestedTooDeep(text)) throw new WrongField(at, `nests deeper than ${jsonDepthMax} levels.`);
  try {
    const parsed: unknown = JSON.parse(text);
    return mayLoseDigits(text) && JSON.stringify(parseJson(text)) !== JSON.stringify(parsed) ? text : parsed;
  } catch (error) {
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}

/** The content of a message: a text, or parts where there is more than text. Throws WrongField. */
export function readContentParts(value: unknown, at: string): Content {
  if (value === undefined || value === null) return { content: '' };
  if (typeof value === 'string') return { content: value };
  const list = toList(value, at, partsMax);
  if (list === undefined || list.length === 0) return { content: '' };
  const parts = list.map((part, index) => {
    const fields = toFields(part, `${at}[${index}]`);
    return addBreakpoint(fields, readPart(fields, `${at}[${index}]`));
  });
  const [only] = parts;
  const isPlain = only?.cache !== true && only?.isRefusal !== true && only?.providerOptions == null;
  const isOneText = parts.length === 1 && only?.text != null && isPlain;
  return isOneText ? { content: only.text } : { parts };
}

/** The end of a cached prefix in the words of OpenAI, whose formats have the same for it. */
function addBreakpoint({ prompt_cache_breakpoint }: BodyFields, part: ContentPartInput): ContentPartInput {
  const given = isFields(part.providerOptions) ? part.providerOptions[responsesFormat] : undefined;
  const further = isFields(given) ? given : {};
  // A part in the form of responses has it already.
  if (prompt_cache_breakpoint == null || further.type !== undefined) return part;
  const own = { prompt_cache_breakpoint };
  return keepPlace(part, {
    ...part,
    providerOptions: { chat: own, [responsesFormat]: { ...further, ...own } },
  });
}

function readPart(part: BodyFields, at: string): ContentPartInput {
  const cache = part.cache_control == null ? {} : { cache: true };
  switch (part.type) {
    case 'text':
    case 'input_text':
    case 'output_text': {
      const { annotations } = part;
      const cites = part.type === 'output_text' && Array.isArray(annotations) && annotations.length > 0;
      const own = cites ? { providerOptions: { [responsesFormat]: { annotations } } } : {};
      return { text: toText(part.text, `${at}.text`) ?? '', ...cache, ...own };
    }
    case 'refusal':
      return { text: toText(part.refusal, `${at}.refusal`) ?? '', isRefusal: true };
    case 'image_url':
    case 'input_image': {
      if (part.image_url == null && part.file_id != null) return toResponsesPart(part);
      const image =
        typeof part.image_url === 'string'
          ? { url: part.image_url, detail: part.detail }
          : toFields(part.image_url, `${at}.image_url`);
      const detail = toText(image.detail, `${at}.image_url.detail`);
      const isText = typeof part.image_url === 'string';
      const place = `${at}.image_url`;
      const read = readUrl(image.url, isText ? place : `${place}.url`, 'image/*');
      return markPlace(
        { ...read, ...(detail === undefined ? {} : { detail }), ...cache },
        place,
        isText ? {} : imagePlaces,
      );
    }
    case 'input_audio': {
      const { data, format } = toFields(part.input_audio, `${at}.input_audio`);
      const audioFormat = requireText(format, `${at}.input_audio.format`);
      return markPlace(
        {
          data: requireText(data, `${at}.input_audio.data`),
          mediaType: `audio/${audioFormat}`,
          audioFormat,
        },
        `${at}.input_audio`,
        audioPlaces,
      );
    }
    case 'file':
    case 'input_file': {
      const isElsewhere = part.file_data == null && (part.file_id ?? part.file_url) != null;
      if (part.type === 'input_file' && isElsewhere) return toResponsesPart(part);
      const file = part.file === undefined ? part : toFields(part.file, `${at}.file`);
      if (file.file_data == null) {
        throw new WrongField(
          `${at}.file`,
          'needs file_data: files by id are not kept here, so send the content.',
        );
      }
      const place = part.file === undefined ? at : `${at}.file`;
      const filename = toText(file.filename, `${place}.filename`);
      const read = readUrl(file.file_data, `${place}.file_data`, 'application/pdf');
      return markPlace(
        {
          ...read,
          ...(filename === undefined ? {} : { filename }),
          ...cache,
          ...(part.type === 'input_file' ? toFurtherFields(part, fileFields) : {}),
        },
        place,
        filePlaces,
      );
    }
    default:
      throw new WrongField(`${at}.type`, 'must be one of text, image_url, input_audio, file.');
  }
}

/** A file by its data: URL or its address. Content without a prefix is taken as base64 of the type. */
function readUrl(value: unknown, at: string, mediaType: string): ContentPartInput {
  const url = requireText(value, at);
  if (/^https?:/i.test(url)) return { imageUrl: url };
  if (!/^data:/i.test(url)) return { data: url, mediaType };
  const inline = readDataUrl(url);
  if (inline === undefined) throw new WrongField(at, `must have its data in base64: ${dataUrlExample}.`);
  if (inline.mediaType === '') throw new WrongField(at, `needs a media type: ${dataUrlExample}.`);
  return inline;
}

const dataUrlExample = 'data:image/png;base64,…';
