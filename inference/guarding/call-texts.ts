import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { CallImage, GuardedText, GuardrailStage, TextKind } from '#guardrails/guardrail.ts';
import type {
  ContentPart,
  OwnFields,
  ProviderMessage,
  SentReasoning,
  ToolCall,
} from '#providers/provider.ts';
import { findImageType } from '#providers/translate/file-type.ts';
import { withoutCallSecrets } from '../call-secrets.ts';
import type { CompletionRequest } from '../request.ts';

type Call = CompletionRequest['call'];
type Role = GuardedText['role'];

/** Receives each text with its place, and states what stands there from now on: the same text, or another where it is editable. */
export type VisitText = (guarded: GuardedText) => string;

/** Media types without text. */
const opaqueMedia = /^(?:image\/(?!svg)|audio\/|video\/)/i;
/** Characters of base64 that show whether a file of such a type is text all the same: a whole number of bytes. */
const probedChars = 1_024;

const fromClient: readonly GuardrailStage[] = ['INPUT'];
const fromTool: readonly GuardrailStage[] = ['INPUT', 'TOOL_OUTPUT'];
const retrieved: readonly GuardrailStage[] = ['INPUT', 'RETRIEVED'];
const retrievedByTool: readonly GuardrailStage[] = ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'];

/**
 * The call with each of its texts as `visit` states it. Visited is everything that goes to an AI model: the messages in
 * their order, then everything else. Two walks over equal calls visit equal texts in the same order.
 */
export function mapCallTexts(call: Call, visit: VisitText): Call {
  const { messages, tools, responseSchema, responseSchemaDescription: description, stop } = call;
  const mapped: Call = {
    ...call,
    // Names come after all messages: between two, they would part what one text continues of another.
    messages: messages.map((message) => mapMessage(message, visit)).map((message) => mapName(message, visit)),
    ...(tools === undefined ? {} : { tools: tools.map((tool) => mapTool(tool, visit)) }),
    ...(responseSchema === undefined
      ? {}
      : { responseSchema: mapJson(responseSchema, 'schema', null, fromClient, visit) }),
    ...(description === undefined
      ? {}
      : { responseSchemaDescription: visitText(description, 'schema', null, fromClient, visit) }),
  };
  if (call.responseSchemaName !== undefined) {
    visitFixed(call.responseSchemaName, 'name', null, fromClient, visit);
  }
  for (const text of stop ?? []) visitFixed(text, 'stop', null, fromClient, visit);
  // A credential for the server of a tool goes to the provider alone, and to no guardrail.
  const { providerTools } = withoutCallSecrets(call);
  for (const value of [call.providerOptions, providerTools, call.providerToolChoice]) {
    if (value !== undefined) visitFixed(JSON.stringify(value), 'option', null, fromClient, visit, 'JSON');
  }
  return mapped;
}

function mapMessage(message: ProviderMessage, visit: VisitText): ProviderMessage {
  switch (message.role) {
    case 'user':
      return { ...message, parts: message.parts.map((part) => mapPart(part, 'user', fromClient, visit)) };
    case 'assistant': {
      const { text, parts, reasoning, toolCalls } = message;
      const mappedParts = parts?.map((part) => ({
        ...part,
        text: visitText(part.text, 'message', 'assistant', fromClient, visit),
      }));
      for (const part of parts ?? []) visitOwn(part, 'assistant', fromClient, visit);
      return {
        ...message,
        ...(mappedParts === undefined
          ? { text: visitText(text, 'message', 'assistant', fromClient, visit) }
          : { text: mappedParts.map((part) => part.text).join(''), parts: mappedParts }),
        toolCalls: toolCalls.map((toolCall) => mapToolCall(toolCall, fromClient, visit)),
        ...(reasoning === undefined
          ? {}
          : { reasoning: reasoning.map((block) => mapReasoning(block, visit)) }),
      };
    }
    case 'tool': {
      const parts = message.parts?.map((part) => mapPart(part, 'tool', fromTool, visit));
      const content =
        parts === undefined
          ? visitText(message.content, 'tool-result', 'tool', fromTool, visit)
          : parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      visitFixed(message.toolCallId, 'id', 'tool', fromTool, visit);
      visitOwn(message, 'tool', fromTool, visit);
      visitOwn({ own: message.resultOwn }, 'tool', fromTool, visit);
      return { ...message, content, ...(parts === undefined ? {} : { parts }) };
    }
    case 'system': {
      const content = visitText(message.content, 'message', 'system', fromClient, visit);
      visitOwn(message, 'system', fromClient, visit);
      return { ...message, content };
    }
  }
}

function mapName(message: ProviderMessage, visit: VisitText): ProviderMessage {
  if (message.role === 'tool' || message.name === undefined) return message;
  return { ...message, name: visitText(message.name, 'name', message.role, fromClient, visit) };
}

type Tool = NonNullable<Call['tools']>[number];

function mapTool(tool: Tool, visit: VisitText): Tool {
  const { name, description, parameters } = tool;
  visitFixed(name, 'tool-name', null, fromClient, visit);
  const mapped: Tool = {
    ...tool,
    ...(description === undefined
      ? {}
      : { description: visitText(description, 'tool-description', null, fromClient, visit) }),
    parameters: mapJson(parameters, 'tool-parameters', null, fromClient, visit),
  };
  visitOwn(tool, null, fromClient, visit);
  return mapped;
}

function mapReasoning(block: SentReasoning, visit: VisitText): SentReasoning {
  const { text, details } = block;
  if (details !== undefined) {
    visitFixed(JSON.stringify(details), 'reasoning', 'assistant', fromClient, visit, 'JSON');
  }
  if (text === null) return block;
  return { ...block, text: visitText(text, 'reasoning', 'assistant', fromClient, visit) };
}

function mapPart<Part extends ContentPart>(
  part: Part,
  role: Role,
  stages: readonly GuardrailStage[],
  visit: VisitText,
): Part {
  visitOwn(part, role, stages, visit);
  if (part.type === 'text') {
    const kind = role === 'tool' ? 'tool-result' : 'message';
    return { ...part, text: visitText(part.text, kind, role, stages, visit) };
  }
  if (part.filename !== undefined) visitFixed(part.filename, 'filename', role, stages, visit);
  if (part.url !== undefined) {
    visitFixed(part.url, 'url', role, stages, visit);
    const decoded = safelyDecoded(part.url);
    if (decoded !== part.url) visitFixed(decoded, 'url', role, stages, visit);
    return part;
  }
  if (part.data === undefined || isOpaque(part.mediaType, part.data)) return part;
  const bytes = Buffer.from(part.data, 'base64');
  const text = bytes.toString('utf8');
  // What is not text all through (a PDF) can be looked at, but not changed.
  const isWhole = Buffer.from(text, 'utf8').equals(bytes);
  const place = {
    kind: 'file',
    role,
    format: 'TEXT',
    stages: role === 'tool' ? retrievedByTool : retrieved,
  } as const;
  const visited = visit({ text, ...place, isEditable: isWhole });
  return visited === text ? part : { ...part, data: Buffer.from(visited, 'utf8').toString('base64') };
}

/** The images of the messages of a call, in their order: what their media types state, or how they begin. */
export function gatherImages({ messages }: CompletionRequest['call']): readonly CallImage[] {
  return messages.flatMap((message) => {
    if (message.role !== 'user' && message.role !== 'tool') return [];
    const stages = message.role === 'tool' ? retrievedByTool : retrieved;
    return (message.parts ?? []).flatMap((part) => {
      const mediaType = part.type === 'file' ? readImageType(part) : null;
      if (part.type !== 'file' || mediaType === null) return [];
      return [{ mediaType, data: part.data ?? null, stages }];
    });
  });
}

function readImageType({ mediaType, data }: ContentPart & { readonly type: 'file' }): string | null {
  if (/^\s*image(?:\s*$|\/)/i.test(mediaType)) return mediaType;
  return data === undefined ? null : findImageType(data);
}

/** Whether a file holds no text, as its media type states and its beginning shows. */
function isOpaque(mediaType: string, data: string): boolean {
  if (!opaqueMedia.test(mediaType)) return false;
  const bytes = Buffer.from(data.slice(0, probedChars), 'base64');
  if (isText(decodeBytes(bytes, 'utf-8'))) return false;
  return !['utf-16le', 'utf-16be'].some((encoding) => {
    const text = decodeBytes(bytes, encoding);
    // Any bytes are letters of UTF-16; text begins with its byte order mark, or is mostly ASCII.
    return isText(text) && (text.startsWith('\ufeff') || countAscii(text) > text.length / 2);
  });
}

/** The beginning of a text in an encoding; null: it is none. */
function decodeBytes(bytes: Buffer, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch (error) {
    expectError(error, TypeError);
    return null;
  }
}

function isText(text: string | null): text is string {
  return text !== null && !/[^\P{Cc}\s]/u.test(text);
}

function countAscii(text: string): number {
  return text.match(/[\x20-\x7e]/g)?.length ?? 0;
}

/** The tool call with its arguments as `visit` states them. */
export function mapToolCall(
  toolCall: ToolCall,
  stages: readonly GuardrailStage[],
  visit: VisitText,
): ToolCall {
  const { id, name, arguments: given } = toolCall;
  visitFixed(name, 'tool-name', 'assistant', stages, visit);
  visitFixed(id, 'id', 'assistant', stages, visit);
  visitOwn(toolCall, 'assistant', stages, visit);
  const kind = 'tool-arguments';
  return {
    ...toolCall,
    arguments:
      typeof given === 'string'
        ? visitText(given, kind, 'assistant', stages, visit)
        : mapJson(given, kind, 'assistant', stages, visit),
  };
}

/** The value with the JSON text that `visit` states in the place of its own. */
export function mapJson<Value>(
  value: Value,
  kind: TextKind,
  role: Role,
  stages: readonly GuardrailStage[],
  visit: VisitText,
): Value {
  const text = JSON.stringify(value);
  if (text === undefined) return value;
  const visited = visit({ text, kind, role, format: 'JSON', stages, isEditable: true });
  // The pipeline promises JSON in the place of JSON, with the same structure.
  return visited === text ? value : (parseJson(visited) as Value);
}

export function visitText(
  text: string,
  kind: TextKind,
  role: Role,
  stages: readonly GuardrailStage[],
  visit: VisitText,
): string {
  return visit({ text, kind, role, format: 'TEXT', stages, isEditable: true });
}

/** Shows what cannot be changed. */
function visitFixed(
  text: string,
  kind: TextKind,
  role: Role,
  stages: readonly GuardrailStage[],
  visit: VisitText,
  format: GuardedText['format'] = 'TEXT',
): void {
  visit({ text, kind, role, format, stages, isEditable: false });
}

function visitOwn(
  { own }: { readonly own?: OwnFields | undefined },
  role: Role,
  stages: readonly GuardrailStage[],
  visit: VisitText,
): void {
  if (own !== undefined) visitFixed(JSON.stringify(own), 'option', role, stages, visit, 'JSON');
}

function safelyDecoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch (error) {
    expectError(error, URIError);
    return url;
  }
}
