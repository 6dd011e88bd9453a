import type { Egress } from '#core/egress.ts';
import { badInput, refuseField } from '#core/input.ts';
import { checkedPrintable } from '#core/text/label.ts';
import type {
  ContentPart,
  OwnFields,
  ProviderMessage,
  SentReasoning,
  TextPart,
  ToolCall,
} from '#providers/provider.ts';
import { normalizeMediaType } from '#providers/translate/media-type.ts';
import type { ContentPartInput, MessageInput, ReasoningInput, ToolCallInput } from '../generated.ts';
import { parseOwnFields } from './own-fields.ts';

/** The bytes of a request are bounded before: these bound what is made of few bytes each. */
const messagesMax = 10_000;
const partsMax = 10_000;
const reasoningMax = 1_000;
const filenameMax = 255;
const audioIdMax = 255;
const nameMax = 256;
const detailsBytesMax = 4_096;
const details = ['auto', 'low', 'high', 'original'];
const mediaType = /^[a-z]+\/[\w.+*-]+(?:\s*;.*)?$/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The conversation in the provider's terms. Throws BAD_USER_INPUT naming the message that is wrong. */
export function parseMessages(inputs: readonly MessageInput[], egress: Egress): readonly ProviderMessage[] {
  if (inputs.length === 0) badInput('messages', 'must hold at least one message.');
  if (inputs.length > messagesMax) badInput('messages', `may hold at most ${messagesMax} messages.`);
  const toolNames = new Map<string, string>();
  const messages = inputs.map((input, at) => parseMessage(input, `messages[${at}]`, toolNames, egress));
  if (messages.every(({ role }) => role === 'system'))
    badInput('messages', 'must hold more than instructions.');
  return messages;
}

function parseMessage(
  input: MessageInput,
  at: string,
  toolNames: Map<string, string>,
  egress: Egress,
): ProviderMessage {
  const { role, content, parts, name, toolCalls, toolCallId, reasoning, audioId, isError } = input;
  const { providerOptions } = input;
  if (content != null && parts != null) refuseField(at, 'a message has content or parts, not both.');
  if (reasoning != null && role !== 'ASSISTANT') refuseField(at, 'only an ASSISTANT message has reasoning.');
  if (audioId != null && role !== 'ASSISTANT') refuseField(at, 'only an ASSISTANT message has an audioId.');
  if (isError != null && role !== 'TOOL') refuseField(at, 'only a TOOL message has isError.');
  if (providerOptions != null && role !== 'TOOL') {
    refuseField(at, 'only a TOOL message has providerOptions: others have them in parts and toolCalls.');
  }
  if (toolCalls != null && role !== 'ASSISTANT') refuseField(at, 'only an ASSISTANT message has toolCalls.');
  if (toolCallId != null && role !== 'TOOL') refuseField(at, 'only a TOOL message has a toolCallId.');
  if (role !== 'ASSISTANT') {
    const refusal = parts?.findIndex(({ isRefusal }) => isRefusal === true) ?? -1;
    if (refusal >= 0) refuseField(`${at}.parts[${refusal}]`, 'only an ASSISTANT message has refusals.');
  }
  if (name != null && role === 'TOOL') refuseField(at, 'a TOOL message has no name: its tool call has one.');
  const named = name == null ? {} : { name: checkedPrintable(name, `${at}.name`, nameMax) };
  switch (role) {
    case 'SYSTEM': {
      const system =
        parseTexts(content, parts, at, egress) ?? refuseField(at, 'a SYSTEM message needs content or parts.');
      return { role: 'system', content: system.text, ...named, ...system.end };
    }
    case 'USER':
      return { role: 'user', parts: userParts(content, parts, at, egress), ...named };
    case 'ASSISTANT': {
      const parsed = parseTexts(content, parts, at, egress);
      if (parsed === undefined && toolCalls == null && reasoning == null && audioId == null)
        refuseField(at, 'an ASSISTANT message needs content, parts, toolCalls, reasoning or audioId.');
      if (audioId != null && (audioId === '' || audioId.length > audioIdMax))
        badInput(`${at}.audioId`, `must have 1 to ${audioIdMax} characters.`);
      for (const { id, name } of toolCalls ?? []) toolNames.set(id, name);
      const blocks = reasoning == null ? undefined : parseReasoning(reasoning, at);
      return {
        role: 'assistant',
        text: parsed?.text ?? '',
        ...named,
        toolCalls: (toolCalls ?? []).map((call, index) =>
          parseToolCall(call, `${at}.toolCalls[${index}]`, egress),
        ),
        ...(blocks === undefined ? {} : { reasoning: blocks }),
        ...(audioId == null ? {} : { audioId }),
        ...toAssistantParts(parsed, toolCalls != null && toolCalls.length > 0),
      };
    }
    case 'TOOL': {
      const id = toolCallId ?? refuseField(at, 'a TOOL message needs the toolCallId that it answers.');
      const toolName =
        toolNames.get(id) ??
        refuseField(`${at}.toolCallId`, `no message before it makes the tool call ${id}.`);
      if (content == null && parts == null) refuseField(at, 'a TOOL message needs content or parts.');
      const resultOwn = parseOwnFields(providerOptions, at, egress);
      return {
        role: 'tool',
        toolCallId: id,
        toolName,
        ...parseToolResult(content, parts, at, egress),
        ...(resultOwn === undefined ? {} : { resultOwn }),
        ...(isError === true ? { isError } : {}),
      };
    }
  }
}

function parseToolCall({ providerOptions, ...call }: ToolCallInput, at: string, egress: Egress): ToolCall {
  const own = parseOwnFields(providerOptions, at, egress);
  return own === undefined ? call : { ...call, own };
}

interface Texts {
  readonly text: string;
  /** What the end of the message has: a cached prefix ends there, and the further fields of its last text. */
  readonly end: { readonly cache?: true; readonly own?: OwnFields };
  readonly parts: readonly TextPart[];
}

/** The text of a message of texts alone; undefined: it has none. */
function parseTexts(
  content: string | null | undefined,
  inputs: readonly ContentPartInput[] | null | undefined,
  at: string,
  egress: Egress,
): Texts | undefined {
  if (content != null) return { text: content, end: {}, parts: [] };
  if (inputs == null) return undefined;
  checkCount(inputs, at);
  const parts = inputs.map((part, index): TextPart => {
    const place = `${at}.parts[${index}]`;
    const text = part.text ?? refuseField(place, 'this message has text parts only.');
    const refusal = part.isRefusal === true ? ({ isRefusal: true } as const) : {};
    return { type: 'text', text, ...refusal, ...parsePartEnd(part, place, egress) };
  });
  const own = parts.at(-1)?.own;
  return {
    text: parts.map(({ text }) => text).join(''),
    end: {
      ...(parts.some(({ cache }) => cache === true) ? { cache: true } : {}),
      ...(own === undefined ? {} : { own }),
    },
    parts,
  };
}

/** The parts are kept where the text alone would not state what they have, or where a cached prefix ends. */
function toAssistantParts(
  parsed: Texts | undefined,
  hasCalls: boolean,
): { readonly cache?: true; readonly parts?: readonly TextPart[] } {
  if (parsed === undefined) return {};
  const { parts, end } = parsed;
  const isEndMarked = end.cache === undefined || (parts.length === 1 && !hasCalls);
  const isTextAlone = isEndMarked && parts.every(({ own, isRefusal }) => own === undefined && !isRefusal);
  return {
    ...(end.cache === undefined ? {} : { cache: end.cache }),
    ...(isTextAlone ? {} : { parts }),
  };
}

/** What each kind of part may have. */
function parsePartEnd({ cache, providerOptions }: ContentPartInput, at: string, egress: Egress) {
  const own = parseOwnFields(providerOptions, at, egress);
  return {
    ...(cache === true ? ({ cache: true } as const) : {}),
    ...(own === undefined ? {} : { own }),
  };
}

function parseToolResult(
  content: string | null | undefined,
  inputs: readonly ContentPartInput[] | null | undefined,
  at: string,
  egress: Egress,
): Pick<ProviderMessage & { readonly role: 'tool' }, 'content' | 'parts' | 'cache' | 'own'> {
  if (inputs == null) return { content: content ?? '' };
  checkCount(inputs, at);
  const parts = inputs.map((part, index) => parsePart(part, `${at}.parts[${index}]`, egress));
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const cache = inputs.some((part) => part.cache === true) ? ({ cache: true } as const) : {};
  const [first] = parts;
  if (parts.length !== 1 || first?.type !== 'text') return { content: text, parts, ...cache };
  const { own } = first;
  // A block in the place of the part is a part in any case.
  const isBlock = Object.values(own ?? {}).some((fields) => fields.type !== undefined);
  return {
    content: text,
    ...(isBlock ? { parts } : {}),
    ...cache,
    ...(own === undefined || isBlock ? {} : { own }),
  };
}

function checkCount(parts: readonly ContentPartInput[], at: string): void {
  if (parts.length === 0) refuseField(at, 'parts must hold at least one part.');
  if (parts.length > partsMax) refuseField(at, `a message may have at most ${partsMax} parts.`);
}

function parseReasoning(inputs: readonly ReasoningInput[], at: string): readonly SentReasoning[] {
  if (inputs.length > reasoningMax)
    refuseField(at, `a message may have at most ${reasoningMax} blocks of reasoning.`);
  return inputs.map(({ text, signature, redacted, toolCallId, provider, details }, index) => {
    if (text == null && signature == null && redacted == null) {
      refuseField(`${at}.reasoning[${index}]`, 'a block needs text, signature or redacted.');
    }
    return {
      text: text ?? null,
      signature: signature ?? null,
      redacted: redacted ?? null,
      toolCallId: toolCallId ?? null,
      provider: provider ?? null,
      ...(details == null ? {} : { details: parseDetails(details, `${at}.reasoning[${index}]`) }),
    };
  });
}

function parseDetails(value: unknown, at: string): NonNullable<SentReasoning['details']> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuseField(at, 'details must be an object.');
  }
  if (Buffer.byteLength(JSON.stringify(value)) > detailsBytesMax) {
    refuseField(at, `details may have at most ${detailsBytesMax} bytes as JSON.`);
  }
  return value as NonNullable<SentReasoning['details']>;
}

function userParts(
  content: string | null | undefined,
  parts: readonly ContentPartInput[] | null | undefined,
  at: string,
  egress: Egress,
): readonly ContentPart[] {
  if (content != null) return [{ type: 'text', text: content }];
  if (parts == null || parts.length === 0) return refuseField(at, 'a USER message needs content or parts.');
  checkCount(parts, at);
  return parts.map((part, index) => parsePart(part, `${at}.parts[${index}]`, egress));
}

function parsePart(part: ContentPartInput, at: string, egress: Egress): ContentPart {
  const given = [part.text, part.imageUrl, part.data].filter((value) => value != null).length;
  if (given !== 1) refuseField(at, 'exactly one of text, imageUrl and data must be set.');
  if (part.mediaType != null && !mediaType.test(part.mediaType)) {
    badInput(`${at}.mediaType`, 'must be a media type such as image/png.');
  }
  const end = parsePartEnd(part, at, egress);
  if (part.text != null) return { type: 'text', text: part.text, ...end };
  const more = { ...parseFileTraits(part, at), ...end };
  const type = part.mediaType == null ? null : normalizeMediaType(part.mediaType);
  if (part.imageUrl != null) {
    const url = URL.parse(part.imageUrl);
    if (url === null || !/^https?:$/.test(url.protocol))
      badInput(`${at}.imageUrl`, 'must be an http(s) URL.');
    if (url.username !== '' || url.password !== '') {
      badInput(`${at}.imageUrl`, 'must not hold a user or password: whoever fetches it would get them.');
    }
    const refusal = egress.refusalOfFileHost(url.hostname);
    if (refusal !== null) badInput(`${at}.imageUrl`, `may not be fetched: ${refusal}.`);
    // What other files count as is bounded by their size, which is unknown here.
    if (type !== null && !type.startsWith('image/'))
      badInput(`${at}.imageUrl`, `must be of an image, not ${type}.`);
    return { type: 'file', mediaType: type ?? 'image/*', url: part.imageUrl, ...more };
  }
  const data = part.data ?? '';
  if (type === null) return badInput(`${at}.mediaType`, 'is required with data.');
  if (!base64.test(data)) {
    badInput(
      `${at}.data`,
      data.startsWith('data:') ? 'must be base64 without a data: prefix.' : 'is not valid base64.',
    );
  }
  return { type: 'file', mediaType: type, data, ...more };
}

/** What a file has beside its content. */
function parseFileTraits({ detail, filename, audioFormat }: ContentPartInput, at: string) {
  if (detail != null && !details.includes(detail))
    badInput(`${at}.detail`, `must be one of ${details.join(', ')}.`);
  if (filename != null && (filename === '' || filename.length > filenameMax)) {
    badInput(`${at}.filename`, `must have 1 to ${filenameMax} characters.`);
  }
  if (audioFormat != null && !/^[a-z0-9]{1,16}$/.test(audioFormat)) {
    badInput(`${at}.audioFormat`, 'must be a format such as wav or mp3.');
  }
  return {
    ...(detail == null ? {} : { detail }),
    ...(filename == null ? {} : { filename }),
    ...(audioFormat == null ? {} : { audioFormat }),
  };
}
