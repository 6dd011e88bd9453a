import {
  type BodyFields,
  isFields,
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
import { readItemCompletionId } from './output/response-items.ts';
import {
  isVendorCall,
  referenceType,
  responsesFormat,
  toFurtherFields,
  toResponsesPart,
} from './output/vendor-items.ts';
import { readReasoningItem } from './response-reasoning.ts';
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
  /** It has items of the vendor's. */
  hasItems: boolean;
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
  // Without the reasoning before it the vendor refuses an item that it keeps under the ID.
  const keepsIds = items.every(({ type, encrypted_content }) => type !== 'reasoning' || encrypted_content);
  const toFurther = (item: BodyFields, known: ReadonlySet<string>) =>
    toFurtherFields(withoutDefaults(item, keepsIds), known);
  let answer: Assistant | undefined;
  const end = () => {
    if (answer !== undefined) messages.push(toAssistantMessage(answer));
    answer = undefined;
  };
  const current = (): Assistant => {
    answer ??= { texts: [], toolCalls: [], reasoning: [], hasItems: false };
    return answer;
  };
  const addOwn = (item: BodyFields) => {
    current().texts.push(toResponsesPart(item));
    current().hasItems = true;
  };
  for (const [index, item] of items.entries()) {
    const at = `input[${index}]`;
    switch (item.type ?? 'message') {
      case 'message': {
        const content = readContentParts(item.content, `${at}.content`);
        const role = readRole(item.role, at);
        if (role === 'ASSISTANT') {
          const texts = content.parts ?? [{ text: content.content ?? '' }];
          const phase = toText(item.phase, `${at}.phase`);
          current().texts.push(...(phase === undefined ? texts : texts.map((text) => addPhase(text, phase))));
          break;
        }
        end();
        messages.push(markPlace({ role, ...content }, at, messagePlaces));
        break;
      }
      case 'reasoning':
        // What the vendor did between two blocks of reasoning stays between them.
        if (answer?.hasItems === true && answer.toolCalls.length === 0) end();
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

/** The item without what the vendor has no use for: an ID of ours or of another type of item, and the status that every item has. */
function withoutDefaults({ id, status, ...item }: BodyFields, keepsIds: boolean): BodyFields {
  const isOurs = readItemCompletionId(String(id)) !== undefined || String(item.type).startsWith('custom_');
  return {
    ...item,
    ...(keepsIds && !isOurs ? { id } : {}),
    ...(status === 'completed' ? {} : { status }),
  };
}

function addPhase(part: ContentPartInput, phase: string): ContentPartInput {
  if (part.text == null) return part;
  const given = part.providerOptions;
  const own = isFields(given) ? given[responsesFormat] : undefined;
  const phased = { ...(isFields(own) ? own : {}), phase };
  return { ...part, providerOptions: { ...(isFields(given) ? given : {}), [responsesFormat]: phased } };
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
