import {
  type BodyFields,
  requireText,
  toBoolean,
  toFields,
  toList,
  toText,
  WrongField,
} from '../../body-fields.ts';
import { markPlace } from '../../input-places.ts';
import type {
  ContentPartInput,
  MessageInput,
  ReasoningInput,
  ToolCallInput,
} from '../../operations.generated.ts';
import type { ApiVersion } from '../api-version.ts';
import { unwrapSignature } from '../reasoning-signature.ts';
import { isCachePoint, markLast, toOwnOptions, toOwnPart } from './own-blocks.ts';

const resultPlaces = { toolCallId: '.tool_use_id', parts: '.content', content: '.content' };
const sourcePlaces = { data: '.data', mediaType: '.media_type', imageUrl: '.url' };
const messagesMax = 10_000;
const blocksMax = 10_000;
const sendContent = 'files by id are not kept here, so send the content.';

/** Fields of blocks that the graph has fields for. The context of a document is a text before it. */
const textFields: ReadonlySet<string> = new Set(['type', 'text']);
const fileFields: ReadonlySet<string> = new Set(['type', 'source']);
const documentFields: ReadonlySet<string> = new Set(['type', 'source', 'context']);
const callFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input', 'cache_control']);
const resultFields: ReadonlySet<string> = new Set([
  ...['type', 'tool_use_id', 'content', 'is_error', 'cache_control'],
]);
/** Types of blocks of the assistant that the graph has fields for. */
const assistantTypes: ReadonlySet<unknown> = new Set([
  ...['text', 'thinking', 'redacted_thinking', 'tool_use', 'document', 'image'],
]);

/** The blocks of a request, and what is not sent of them. */
export interface BlockRules {
  readonly version: ApiVersion;
  /** Adds the name of something that no provider gets. */
  drop(name: string): void;
}

/** The instructions of a request: each block a message of its own, so that a cached prefix ends where it is marked. */
export function readSystem(value: unknown): readonly MessageInput[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [{ role: 'SYSTEM', content: value }];
  return readTexts(value, 'system').map((part) => ({ role: 'SYSTEM', ...toContent([part]) }));
}

/** The messages of a request as the graph has them. Throws WrongField. */
export function readMessages(value: unknown, rules: BlockRules): readonly MessageInput[] {
  const list = toList(value, 'messages', messagesMax);
  if (list === undefined || list.length === 0)
    throw new WrongField('messages', 'must have at least one message.');
  return list.flatMap((message, at) =>
    readMessage(toFields(message, `messages.${at}`), `messages.${at}`, rules),
  );
}

function readMessage(message: BodyFields, at: string, rules: BlockRules): readonly MessageInput[] {
  const { role, content } = message;
  const place = `${at}.content`;
  switch (role) {
    case 'user':
      return readUser(content, place, rules);
    case 'assistant':
      return [readAssistant(content, place)];
    case 'system':
      return typeof content === 'string'
        ? [{ role: 'SYSTEM', content }]
        : readTexts(content, place).map((part) => ({ role: 'SYSTEM', ...toContent([part]) }));
    default:
      throw new WrongField(`${at}.role`, 'must be one of user, assistant, system.');
  }
}

function readBlocks(value: unknown, at: string): readonly BodyFields[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  const list = toList(value, at, blocksMax);
  if (list === undefined) throw new WrongField(at, 'is required.');
  return list.map((block, index) => toFields(block, `${at}.${index}`));
}

/** A part alone is content where it is nothing but a text. */
function toContent(parts: readonly ContentPartInput[]): Pick<MessageInput, 'content' | 'parts'> {
  const [only] = parts;
  if (only === undefined) return { content: '' };
  return parts.length === 1 && isTextAlone(only) ? { content: only.text } : { parts };
}

function isTextAlone({ text, cache, providerOptions }: ContentPartInput): boolean {
  return text != null && cache !== true && providerOptions === undefined;
}

/** Results of tools are messages of their own in the graph; what stands between them stays there. */
function readUser(value: unknown, at: string, rules: BlockRules): readonly MessageInput[] {
  const messages: MessageInput[] = [];
  let parts: ContentPartInput[] = [];
  const end = () => {
    if (parts.length > 0) messages.push(markPlace({ role: 'USER', ...toContent(parts) }, at));
    parts = [];
  };
  for (const [index, block] of readBlocks(value, at).entries()) {
    const place = `${at}.${index}`;
    if (block.type !== 'tool_result') parts.push(...readPart(block, place, rules));
    else {
      end();
      messages.push(readToolResult(block, place, rules));
    }
  }
  end();
  return messages.length === 0 ? [{ role: 'USER', content: '' }] : messages;
}

function readToolResult(block: BodyFields, at: string, rules: BlockRules): MessageInput {
  const isError = toBoolean(block.is_error, `${at}.is_error`);
  const parts =
    block.content == null
      ? []
      : readBlocks(block.content, `${at}.content`).flatMap((one, index) =>
          readPart(one, `${at}.content.${index}`, rules),
        );
  return markPlace(
    {
      role: 'TOOL',
      toolCallId: requireText(block.tool_use_id, `${at}.tool_use_id`),
      ...toContent(isCachePoint(block) ? markLast(parts, block) : parts),
      ...(isError === true ? { isError } : {}),
      ...toOwnOptions(block, resultFields),
    },
    at,
    resultPlaces,
  );
}

function readAssistant(value: unknown, at: string): MessageInput {
  const parts: ContentPartInput[] = [];
  const toolCalls: ToolCallInput[] = [];
  const reasoning: ReasoningInput[] = [];
  let cachedCall: BodyFields | undefined;
  const blocks = readBlocks(value, at);
  // Among blocks of tools that Anthropic runs, its thinking keeps its place: it is signed with what stands before it.
  const keepsPlaces = blocks.some(({ type }) => !assistantTypes.has(type));
  for (const [index, block] of blocks.entries()) {
    const place = `${at}.${index}`;
    switch (block.type) {
      case 'text':
        parts.push(readText(block, place));
        break;
      case 'thinking':
      case 'redacted_thinking': {
        const read = block.type === 'thinking' ? readThinking(block, place) : readRedacted(block, place);
        const isOwn = read.provider === 'ANTHROPIC' && read.toolCallId === undefined;
        if (keepsPlaces && isOwn) parts.push(toOwnPart(block));
        else reasoning.push(read);
        break;
      }
      case 'tool_use':
        toolCalls.push({
          id: requireText(block.id, `${place}.id`),
          name: requireText(block.name, `${place}.name`),
          arguments: block.input == null ? {} : toFields(block.input, `${place}.input`),
          ...toOwnOptions(block, callFields),
        });
        if (isCachePoint(block)) cachedCall = block;
        break;
      case 'document':
      case 'image':
        throw new WrongField(
          place,
          `is a block of type ${block.type}, which an assistant message cannot have.`,
        );
      default:
        // Blocks of tools that Anthropic runs: they are of no use to another provider.
        readType(block, place);
        parts.push(toOwnPart(block));
    }
  }
  return markPlace(
    {
      role: 'ASSISTANT',
      ...toContent(cachedCall === undefined ? parts : [...parts, ...markLast([], cachedCall)]),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(reasoning.length === 0 ? {} : { reasoning }),
    },
    at,
  );
}

function readRedacted(block: BodyFields, at: string): ReasoningInput {
  const { value: redacted, ...origin } = unwrapSignature(requireText(block.data, `${at}.data`));
  return { redacted, ...origin };
}

function readThinking(block: BodyFields, at: string): ReasoningInput {
  const text = toText(block.thinking, `${at}.thinking`) ?? '';
  const signature = toText(block.signature, `${at}.signature`) ?? '';
  if (signature === '') return { text };
  const { value, ...origin } = unwrapSignature(signature);
  return { text, signature: value, ...origin };
}

function readType({ type }: BodyFields, at: string): string {
  return requireText(type, `${at}.type`).slice(0, 100);
}

function readTexts(value: unknown, at: string): readonly ContentPartInput[] {
  return readBlocks(value, at).map((block, index) => {
    if (block.type !== 'text') throw new WrongField(`${at}.${index}.type`, 'must be text.');
    return readText(block, `${at}.${index}`);
  });
}

function readText(block: BodyFields, at: string): ContentPartInput {
  const text = toText(block.text, `${at}.text`) ?? '';
  return { text, ...readEnd(block, textFields) };
}

/** What every kind of part may have: a cache point, and fields of this dialect alone. */
function readEnd(
  block: BodyFields,
  known: ReadonlySet<string>,
): Pick<ContentPartInput, 'cache' | 'providerOptions'> {
  return { ...(isCachePoint(block) ? { cache: true } : {}), ...toOwnOptions(block, known) };
}

/** The parts of a block of a user, or of the result of a tool. */
function readPart(block: BodyFields, at: string, rules: BlockRules): readonly ContentPartInput[] {
  switch (block.type) {
    case 'text':
      rules.version.checkText(block, at);
      return [readText(block, at)];
    case 'image':
      return [
        markPlace(
          { ...readSource(block.source, `${at}.source`, 'image/*'), ...readEnd(block, fileFields) },
          `${at}.source`,
          sourcePlaces,
        ),
      ];
    case 'document':
      return readDocument(block, at, rules);
    case 'search_result':
      return [toOwnPart(block, writeSearchResult(block, at))];
    case 'container_upload':
      throw new WrongField(at, `refers to a file by its id: ${sendContent}`);
    default:
      // A block that is newer than this release.
      readType(block, at);
      return [toOwnPart(block)];
  }
}

function readDocument(block: BodyFields, at: string, rules: BlockRules): readonly ContentPartInput[] {
  const source = toFields(block.source, `${at}.source`);
  const end = readEnd(block, documentFields);
  const title = toText(block.title, `${at}.title`);
  const context = toText(block.context, `${at}.context`) ?? '';
  const before = context === '' ? [] : [{ text: context }];
  if (source.type === 'content') {
    const parts = readBlocks(source.content, `${at}.source.content`).flatMap((one, index) =>
      readPart(one, `${at}.source.content.${index}`, rules),
    );
    if (parts.every(({ text }) => text != null)) {
      return [toOwnPart(block, [context, ...parts.map(({ text }) => text)].join(''))];
    }
    return [...before, ...(isCachePoint(block) ? markLast(parts, block) : parts)];
  }
  if (source.type === 'text') {
    const data = Buffer.from(requireText(source.data, `${at}.source.data`)).toString('base64');
    return [...before, { data, mediaType: 'text/plain', ...withName(title), ...end }];
  }
  if (source.type === 'url') {
    throw new WrongField(
      `${at}.source`,
      'is the URL of a document, whose size is not known before it is fetched: send the document as base64.',
    );
  }
  const file = readSource(source, `${at}.source`, 'application/pdf');
  return [...before, markPlace({ ...file, ...withName(title), ...end }, `${at}.source`, sourcePlaces)];
}

/** Characters of a file's name that the graph takes. */
const filenameMax = 255;

function withName(title: string | undefined): { readonly filename?: string } {
  return title === undefined || title === '' ? {} : { filename: title.slice(0, filenameMax) };
}

function readSource(value: unknown, at: string, mediaType: string): ContentPartInput {
  const source = toFields(value, at);
  switch (source.type) {
    case 'base64':
      return {
        data: requireText(source.data, `${at}.data`),
        mediaType: toText(source.media_type, `${at}.media_type`) ?? mediaType,
      };
    case 'url':
      return { imageUrl: requireText(source.url, `${at}.url`) };
    default:
      throw new WrongField(`${at}.type`, `must be one of base64, url, text, content: ${sendContent}`);
  }
}

function writeSearchResult(block: BodyFields, at: string): string {
  const title = toText(block.title, `${at}.title`) ?? '';
  const source = toText(block.source, `${at}.source`) ?? '';
  const texts = readBlocks(block.content, `${at}.content`).map(({ text }, index) =>
    requireText(text, `${at}.content.${index}.text`),
  );
  return [title, source, ...texts].filter((line) => line !== '').join('\n');
}
