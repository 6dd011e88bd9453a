import {
  type BodyFields,
  isFields,
  readOwnFields,
  requireText,
  toFields,
  toList,
  toText,
  WrongField,
} from '../body-fields.ts';
import { markPlace } from '../input-places.ts';
import { readCallArguments, readContentParts } from '../openai/chat/chat-messages.ts';
import type {
  ContentPartInput,
  MessageInput,
  ReasoningInput,
  ToolCallInput,
} from '../operations.generated.ts';
import { isOwnCompaction, readCompactionItem } from './compact/compaction-item.ts';
import { isOwnItemId } from './output/response-items.ts';
import {
  isVendorCall,
  referenceType,
  responsesFormat,
  toFurtherFields,
  toResponsesPart,
} from './output/vendor-items.ts';
import { isForeignReasoning, readReasoningItem } from './response-reasoning.ts';
import { toGraphName } from './tools/client-tools.ts';

const messagePlaces = { content: '.content', parts: '.content' };
const outputPlaces = { content: '.output', parts: '.output', toolCallId: '.call_id' };
/** Fields of calls and results of tools that the graph has fields for. */
const callFields: ReadonlySet<string> = new Set([
  'type',
  'call_id',
  'name',
  'namespace',
  'arguments',
  'input',
]);
const resultFields: ReadonlySet<string> = new Set(['type', 'call_id', 'output']);
const messageType = 'message';
type Content = Pick<MessageInput, 'content' | 'parts'>;
/** Items of a conversation. */
export const itemsMax = 10_000;

/** The items of an input; a text alone is a message of the user. Throws WrongField. */
export function readInputItems(value: unknown): readonly BodyFields[] {
  if (typeof value === 'string') return [{ type: 'message', role: 'user', content: value }];
  return (toList(value, 'input', itemsMax) ?? []).map((item, at) => toFields(item, `input[${at}]`));
}

const summaryHead = 'Summary of the conversation so far:\n';

/** What of a conversation is the vendor's own, though it has the form of something else. */
interface VendorParts {
  /** The namespaces of tools that the vendor searches: calls in them are its own items. */
  readonly vendorNamespaces?: ReadonlySet<unknown>;
  /** The vendor compacts the conversation itself, and reads the items that it wrote for that. */
  readonly isVendorCompacted?: boolean;
}

interface Assistant {
  readonly texts: ContentPartInput[];
  readonly toolCalls: ToolCallInput[];
  readonly reasoning: ReasoningInput[];
  /** A text stands at the end, and what follows would be part of its message. */
  isOpen: boolean;
}

/**
 * The messages that items stand for. What the AI model answered at once is several items, and one message: its reasoning, its
 * text, its tool calls, and the items of the vendor's own tools. Throws WrongField.
 */
export function readItemMessages(
  items: readonly BodyFields[],
  { vendorNamespaces = new Set(), isVendorCompacted = false }: VendorParts = {},
): readonly MessageInput[] {
  const messages: MessageInput[] = [];
  const callIds = new Set<unknown>();
  /** Of calls that are items of the vendor's, and their results with them. */
  const vendorCallIds = new Set<unknown>();
  /** An item that the vendor keeps is named: it may be a call, whose result goes to the vendor as well. */
  let hasReference = false;
  const keepsIds = mayKeepIds(items);
  const toFurther = (item: BodyFields, known: ReadonlySet<string>) =>
    toFurtherFields(withoutDefaults(item, keepsIds), known);
  let answer: Assistant | undefined;
  const end = () => {
    if (answer !== undefined) messages.push(toAssistantMessage(answer));
    answer = undefined;
  };
  const current = (): Assistant => {
    answer ??= { texts: [], toolCalls: [], reasoning: [], isOpen: false };
    return answer;
  };
  /** The message that a text or an item of the vendor's belongs to: what follows a call is another message, so that it stays behind it. */
  const currentTexts = () => {
    if (answer !== undefined && answer.toolCalls.length > 0) end();
    return current();
  };
  const addOwn = (item: BodyFields) => {
    const own = currentTexts();
    own.texts.push(toResponsesPart(item));
    own.isOpen = false;
  };
  for (const [index, item] of items.entries()) {
    const at = `input[${index}]`;
    switch (item.type ?? 'message') {
      case 'message': {
        const content = readContentParts(item.content, `${at}.content`);
        const role = readRole(item.role, at);
        const head = toHead(item, keepsIds);
        toText(head.phase, `${at}.phase`);
        if (role === 'ASSISTANT') {
          addTexts(currentTexts(), content.parts ?? [{ text: content.content ?? '' }], head);
          break;
        }
        end();
        messages.push(
          markPlace(
            { role, ...(role === 'USER' ? addHead(content, head) : addToLast(content, head)) },
            at,
            messagePlaces,
          ),
        );
        break;
      }
      case 'reasoning':
        // What stands between two blocks of reasoning stays between them.
        if (answer !== undefined && answer.texts.length + answer.toolCalls.length > 0) end();
        current().reasoning.push(readReasoningItem(item, at));
        break;
      case 'function_call':
      case 'custom_tool_call':
        if (isVendorCall(item, vendorNamespaces)) {
          vendorCallIds.add(item.call_id);
          addOwn(item);
          break;
        }
        callIds.add(item.call_id);
        current().toolCalls.push({ ...readCall(item, at), ...toFurther(item, callFields) });
        break;
      case 'function_call_output':
      case 'custom_tool_call_output': {
        if (vendorCallIds.has(item.call_id) || (hasReference && !callIds.has(item.call_id))) {
          addOwn(item);
          break;
        }
        end();
        const toolCallId = requireText(item.call_id, `${at}.call_id`);
        if (!callIds.has(toolCallId)) throw new WrongField(`${at}.call_id`, 'names no tool call before it.');
        const result = {
          role: 'TOOL' as const,
          toolCallId,
          ...readContentParts(item.output, `${at}.output`),
          ...toFurther(item, resultFields),
        };
        messages.push(markPlace(result, at, outputPlaces));
        break;
      }
      case 'compaction':
        if (isVendorCompacted && !isOwnCompaction(item)) {
          addOwn(item);
          break;
        }
        end();
        messages.push({ role: 'USER', content: `${summaryHead}${readCompactionItem(item, at)}` });
        break;
      default:
        // An item of a tool that the vendor runs, or that the client runs for it: its call or its result.
        hasReference ||= requireText(item.type, `${at}.type`) === referenceType;
        addOwn(item);
    }
  }
  end();
  return messages;
}

/** Without the reasoning before it the vendor refuses an item that it keeps under the ID. */
function mayKeepIds(items: readonly BodyFields[]): boolean {
  return items.every(({ type, encrypted_content }) => type !== 'reasoning' || encrypted_content);
}

/** What a message has beside its content. The status of an answer has no place without its ID. */
function toHead({ type: _, content: __, ...message }: BodyFields, keepsIds: boolean): BodyFields {
  const { role, status, ...head } = withoutDefaults(message, keepsIds);
  const isStated = status != null && (role !== 'assistant' || head.id != null);
  const stated = isStated ? { ...head, status } : head;
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value != null));
}

/** Names the statuses that no provider gets: of answers without an ID that is sent, and of reasoning that is not encrypted by another. */
export function listLostStatuses(items: readonly BodyFields[]): readonly string[] {
  const keepsIds = mayKeepIds(items);
  const isLost = (item: BodyFields) => {
    const { type = messageType, role, status, encrypted_content: encrypted } = item;
    if (status == null || status === 'completed') return false;
    if (type === 'reasoning') return !isForeignReasoning(encrypted);
    return type === messageType && role === 'assistant' && toHead(item, keepsIds).status === undefined;
  };
  return items.some(isLost) ? ['input.status'] : [];
}

/** The item without what the vendor has no use for: an ID of ours or of another type of item, and the status that every item has. */
function withoutDefaults({ id, status, ...item }: BodyFields, keepsIds: boolean): BodyFields {
  const isOurs = isOwnItemId(id) || String(item.type).startsWith('custom_');
  return {
    ...item,
    ...(keepsIds && !isOurs ? { id } : {}),
    ...(status === 'completed' ? {} : { status }),
  };
}

/** Adds the texts of a message behind what begins it. The first of an answer needs no beginning where it is a text alone: a phase is that of the text. */
function addTexts(answer: Assistant, texts: readonly ContentPartInput[], head: BodyFields): void {
  const [only] = texts;
  const isAlone = texts.length === 1 && only?.text != null && !answer.isOpen;
  if (isAlone && Object.keys(head).every((name) => name === 'phase'))
    answer.texts.push(addFields(only, head));
  else answer.texts.push(toResponsesPart({ type: messageType, ...head }), ...texts);
  answer.isOpen = true;
}

function addHead(content: Content, head: BodyFields): Content {
  if (Object.keys(head).length === 0) return content;
  const parts = content.parts ?? [{ text: content.content ?? '' }];
  return { parts: [toResponsesPart({ type: messageType, ...head }), ...parts] };
}

/** Instructions are one text, whose further fields are those of the last part. */
function addToLast(content: Content, { id, status }: BodyFields): Content {
  if (id === undefined && status === undefined) return content;
  const parts = content.parts ?? [{ text: content.content ?? '' }];
  const last = parts.at(-1) ?? { text: '' };
  const head = {
    type: messageType,
    ...(id === undefined ? {} : { id }),
    ...(status === undefined ? {} : { status }),
  };
  return { parts: [...parts.slice(0, -1), addFields(last, head)] };
}

function addFields(part: ContentPartInput, fields: BodyFields): ContentPartInput {
  if (Object.keys(fields).length === 0) return part;
  const given = isFields(part.providerOptions) ? part.providerOptions : {};
  const own = { ...readOwnFields(given, responsesFormat), ...fields };
  return { ...part, providerOptions: { ...given, [responsesFormat]: own } };
}

function readRole(role: unknown, at: string): MessageInput['role'] {
  switch (role) {
    case 'user':
      return 'USER';
    case 'assistant':
      return 'ASSISTANT';
    case 'system':
    case 'developer':
      return 'SYSTEM';
    default:
      throw new WrongField(`${at}.role`, 'must be one of user, assistant, system, developer.');
  }
}

function readCall(item: BodyFields, at: string): ToolCallInput {
  const id = requireText(item.call_id, `${at}.call_id`);
  const name = toGraphName(requireText(item.name, `${at}.name`), toText(item.namespace, `${at}.namespace`));
  if (item.type === 'custom_tool_call') {
    return { id, name, arguments: { input: toText(item.input, `${at}.input`) ?? '' } };
  }
  return { id, name, arguments: readCallArguments(item.arguments, `${at}.arguments`) };
}

function toAssistantMessage({ texts, toolCalls, reasoning }: Assistant): MessageInput {
  const [only] = texts;
  const isPlain = only?.providerOptions == null && only?.isRefusal !== true;
  const isText = texts.length === 0 || (texts.length === 1 && isPlain);
  const content = isText ? { content: only?.text ?? '' } : { parts: texts };
  return {
    role: 'ASSISTANT',
    ...content,
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(reasoning.length === 0 ? {} : { reasoning }),
  };
}
