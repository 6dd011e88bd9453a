import { createHash } from 'node:crypto';
import type { ContentPart, ProviderMessage, SentReasoning, ToolCall } from '../provider.ts';
import { fields } from '../wires/shared/fields.ts';
import { toolArguments } from './completeness.ts';

/** What an API demands of a conversation beyond what OpenAI's chat completions do. */
export interface ConversationRules {
  /** The ids of tool calls that it takes; others are replaced for this request. */
  readonly toolCallIds?: RegExp;
  /** The id that replaces one is as long as this, prefix included. */
  readonly toolCallIdLength?: number;
  /** Arguments of tool calls are an object, never a text. */
  readonly objectArguments?: boolean;
  /** System messages are taken at the beginning only. */
  readonly systemFirst?: boolean;
  /** The model speaks between a tool's result and the next user message. */
  readonly assistantAfterTool?: boolean;
  /** No text is of white space alone. */
  readonly noBlankTexts?: boolean;
  /** Calls of tools and their results are taken only where tools are offered: they are written as texts. */
  readonly toolsAsText?: boolean;
  /** Results of tools hold files; elsewhere they follow the results, as the user's. */
  readonly filesInResults?: boolean;
  /** Results of tools hold several texts where one of them has further fields; elsewhere they are one text. */
  readonly partsInResults?: boolean;
  /** Results of tools stand anywhere behind their calls; elsewhere directly after the message that makes them. */
  readonly resultsAnywhere?: boolean;
  /** User and assistant take turns. */
  readonly alternating?: boolean;
}

type ToolMessage = Extract<ProviderMessage, { role: 'tool' }>;

/** A call of the history under the id that is sent, with its results. */
interface SentCall {
  readonly id: string;
  readonly name: string;
  readonly results: ToolMessage[];
}

const anyId = /^[\s\S]+$/;
const idPrefix = 'call_';
const idLength = 29;
const bridge = 'OK.';
const seeFiles = 'The result is in the files that follow.';

/**
 * Ids for the tool calls of one conversation: an id that the API takes stays, another becomes a digest of it. The same
 * id leads to the same one in every request, and no two calls share one.
 */
class ToolCallIds {
  readonly #allowed: RegExp;
  readonly #prefix: string;
  readonly #length: number;
  readonly #taken = new Set<string>();

  constructor({ toolCallIds = anyId, toolCallIdLength = idLength }: ConversationRules) {
    this.#allowed = toolCallIds;
    this.#length = toolCallIdLength;
    this.#prefix = toolCallIds.test(idPrefix.padEnd(toolCallIdLength, '0')) ? idPrefix : '';
  }

  take(id: string): string {
    let sent = id;
    for (let at = 0; this.#taken.has(sent) || !this.#allowed.test(sent); at++) {
      const digest = createHash('sha256')
        .update(at === 0 ? id : `${id}\n${at}`)
        .digest('hex');
      sent = (this.#prefix + digest).slice(0, this.#length);
    }
    this.#taken.add(sent);
    return sent;
  }
}

/** Models write no arguments in several ways, and not always JSON: that stays the text it is where a text is allowed. */
function sentArguments(value: unknown, objectArguments: boolean): unknown {
  if (value === null || value === undefined || (typeof value === 'string' && value.trim() === '')) return {};
  if (!objectArguments) return value;
  const parsed = typeof value === 'string' ? toolArguments(value) : value;
  return fields(parsed) !== null && !JSON.isRawJSON(parsed) ? parsed : { arguments: value };
}

/** A block that signs a tool call, with the id under which that call is sent. */
function signFor(block: SentReasoning, made: ReadonlyMap<string, readonly SentCall[]>): SentReasoning {
  const [call] = made.get(block.toolCallId ?? '') ?? [];
  return call === undefined ? block : { ...block, toolCallId: call.id };
}

/** Every result directly after the message that makes the call, in the order of the calls: most APIs take no other. */
function pairResults(messages: readonly ProviderMessage[], rules: ConversationRules): ProviderMessage[] {
  const ids = new ToolCallIds(rules);
  /** By the client's id: the calls of the latest message that makes any under it. */
  const calls = new Map<string, SentCall[]>();
  const turns: { readonly message: ProviderMessage; readonly calls: readonly SentCall[] }[] = [];
  for (const message of messages) {
    if (message.role === 'tool') {
      const made = calls.get(message.toolCallId);
      const call = made?.find(({ results }) => results.length === 0) ?? made?.at(-1);
      if (call === undefined) turns.push({ message, calls: [] });
      else {
        const result: ToolMessage = { ...message, toolCallId: call.id, toolName: call.name };
        call.results.push(result);
        if (rules.resultsAnywhere === true) turns.push({ message: result, calls: [] });
      }
    } else if (message.role === 'assistant' && message.toolCalls.length > 0) {
      const sent: SentCall[] = [];
      const made = new Map<string, SentCall[]>();
      const toolCalls = message.toolCalls.map((toolCall): ToolCall => {
        const call = { id: ids.take(toolCall.id), name: toolCall.name, results: [] };
        sent.push(call);
        made.set(toolCall.id, [...(made.get(toolCall.id) ?? []), call]);
        const given = sentArguments(toolCall.arguments, rules.objectArguments === true);
        return { ...toolCall, id: call.id, arguments: given };
      });
      for (const [id, each] of made) calls.set(id, each);
      const { reasoning } = message;
      const signed =
        reasoning === undefined ? {} : { reasoning: reasoning.map((block) => signFor(block, made)) };
      const following = rules.resultsAnywhere === true ? [] : sent;
      turns.push({ message: { ...message, toolCalls, ...signed }, calls: following });
    } else turns.push({ message, calls: [] });
  }
  return turns.flatMap(({ message, calls: made }) => [message, ...made.flatMap(({ results }) => results)]);
}

/** The files of results follow the results that stand together, each named by its tool. */
function moveFiles(messages: readonly ProviderMessage[], keepsTexts: boolean): readonly ProviderMessage[] {
  const hasFiles = (message: ProviderMessage) => message.role === 'tool' && message.parts !== undefined;
  if (!messages.some(hasFiles)) return messages;
  const moved: ProviderMessage[] = [];
  let files: ContentPart[] = [];
  for (const [at, message] of messages.entries()) {
    if (message.role !== 'tool' || message.parts === undefined) moved.push(message);
    else {
      const { parts, ...result } = message;
      const more = parts.filter(({ type }) => type === 'file');
      if (more.length > 0) files.push({ type: 'text', text: `[Files of ${message.toolName}:]` }, ...more);
      const content = more.length > 0 && result.content === '' ? seeFiles : result.content;
      const texts = parts.filter((part) => part.type === 'text');
      const isKept = keepsTexts && texts.some(({ own }) => own !== undefined);
      moved.push({ ...result, content, ...(isKept ? { parts: texts } : {}) });
    }
    if (files.length === 0 || messages[at + 1]?.role === 'tool') continue;
    moved.push({ role: 'user', parts: files });
    files = [];
  }
  return moved;
}

function writeTools(messages: readonly ProviderMessage[]): ProviderMessage[] {
  return messages.map((message): ProviderMessage => {
    if (message.role === 'tool') {
      const text = `[Result of ${message.toolName}: ${message.content}]`;
      return { role: 'user', parts: [{ type: 'text', text }] };
    }
    if (message.role !== 'assistant' || message.toolCalls.length === 0) return message;
    const calls = message.toolCalls.map((call) => `[Called ${call.name}: ${JSON.stringify(call.arguments)}]`);
    return { role: 'assistant', text: joinTexts(message.text, calls.join('\n')), toolCalls: [] };
  });
}

/** A model may have answered nothing, which no API accepts as a turn; nor does one miss an empty text. */
function dropEmpty(messages: readonly ProviderMessage[], isEmpty: (text: string) => boolean) {
  const kept = messages.flatMap((message): ProviderMessage[] => {
    if (message.role === 'system') return isEmpty(message.content) ? [] : [message];
    if (message.role === 'assistant' && isEmpty(message.text)) {
      const { toolCalls, parts, audioId } = message;
      const isNothing = toolCalls.length === 0 && parts === undefined && audioId === undefined;
      return isNothing ? [] : [{ ...message, text: '' }];
    }
    if (message.role !== 'user') return [message];
    const parts = message.parts.filter(
      (part) => part.type !== 'text' || part.own !== undefined || !isEmpty(part.text),
    );
    return [parts.length === 0 || parts.length === message.parts.length ? message : { ...message, parts }];
  });
  return kept.some(({ role }) => role !== 'system') ? kept : messages;
}

/** Instructions in mid-conversation become text of the user's, marked as what they are, at their place. */
function foldSystem(messages: readonly ProviderMessage[]): ProviderMessage[] {
  const first = messages.findIndex(({ role }) => role !== 'system');
  return messages.map((message, at) => {
    if (message.role !== 'system' || at < first) return message;
    const text = `<system>\n${message.content}\n</system>`;
    const { cache, own } = message;
    const more = { ...(cache ? { cache } : {}), ...(own === undefined ? {} : { own }) };
    return { role: 'user', parts: [{ type: 'text', text, ...more }] };
  });
}

function bridgeResults(messages: readonly ProviderMessage[]): ProviderMessage[] {
  return messages.flatMap((message, at): ProviderMessage[] =>
    message.role === 'user' && messages[at - 1]?.role === 'tool'
      ? [{ role: 'assistant', text: bridge, toolCalls: [] }, message]
      : [message],
  );
}

/** Whether a text holds nothing but white space. */
export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

function joinTexts(one: string, other: string): string {
  return one === '' || other === '' ? one + other : `${one}\n\n${other}`;
}

function joinParts(one: readonly ContentPart[], other: readonly ContentPart[]): readonly ContentPart[] {
  const [last, first] = [one.at(-1), other[0]];
  if (last?.type !== 'text' || first?.type !== 'text') return [...one, ...other];
  return [...one.slice(0, -1), { type: 'text', text: joinTexts(last.text, first.text) }, ...other.slice(1)];
}

function joinReasoning(one: readonly SentReasoning[] = [], other: readonly SentReasoning[] = []) {
  return one.length + other.length === 0 ? {} : { reasoning: [...one, ...other] };
}

function takeTurns(messages: readonly ProviderMessage[]): ProviderMessage[] {
  const turns: ProviderMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.role === 'user' && last?.role === 'user') {
      turns[turns.length - 1] = { role: 'user', parts: joinParts(last.parts, message.parts) };
    } else if (message.role === 'assistant' && last?.role === 'assistant') {
      turns[turns.length - 1] = {
        role: 'assistant',
        text: joinTexts(last.text, message.text),
        toolCalls: [...last.toolCalls, ...message.toolCalls],
        ...joinReasoning(last.reasoning, message.reasoning),
      };
    } else turns.push(message);
  }
  return turns;
}

/** The conversation as an API takes it. What the client gets to see keeps the ids that it has. */
export function arrangeConversation(
  messages: readonly ProviderMessage[],
  rules: ConversationRules,
): readonly ProviderMessage[] {
  let arranged = messages.some(({ role }) => role === 'tool' || role === 'assistant')
    ? pairResults(messages, rules)
    : messages;
  if (rules.filesInResults !== true) arranged = moveFiles(arranged, rules.partsInResults === true);
  if (rules.toolsAsText === true) arranged = writeTools(arranged);
  arranged = dropEmpty(arranged, rules.noBlankTexts === true ? isBlank : (text) => text === '');
  if (rules.systemFirst === true) arranged = foldSystem(arranged);
  if (rules.assistantAfterTool === true) arranged = bridgeResults(arranged);
  return rules.alternating === true ? takeTurns(arranged) : arranged;
}
