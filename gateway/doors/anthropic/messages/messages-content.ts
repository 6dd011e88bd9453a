import {
  type BodyFields,
  requireText,
  toBoolean,
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
import type { ApiVersion } from '../api-version.ts';
import { unwrapSignature } from '../reasoning-signature.ts';

const resultPlaces = { toolCallId: '.tool_use_id', parts: '.content', content: '.content' };
const sourcePlaces = { data: '.data', mediaType: '.media_type', imageUrl: '.url' };
const messagesMax = 10_000;
const blocksMax = 10_000;

/** The blocks of a request, and what is not sent of them. */
export interface BlockRules {
  readonly version: ApiVersion;
  /** Adds the name of something that no provider gets. */
  drop(name: string): void;
}

/** The instructions of a request: each block a message of its own, so that a cached prefix ends where it is marked. */
export function readSystem(value: unknown, rules: BlockRules): readonly MessageInput[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [{ role: 'SYSTEM', content: value }];
  return readTexts(value, 'system', rules).map((part) => ({ role: 'SYSTEM', ...toContent([part]) }));
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
      return [readAssistant(content, place, rules)];
    case 'system':
      return typeof content === 'string'
        ? [{ role: 'SYSTEM', content }]
        : readTexts(content, place, rules).map((part) => ({ role: 'SYSTEM', ...toContent([part]) }));
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
  return parts.length === 1 && only.text != null && only.cache !== true ? { content: only.text } : { parts };
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
      ...toContent(isCachePoint(block, rules) ? markLast(parts) : parts),
      ...(isError === true ? { isError } : {}),
    },
    at,
    resultPlaces,
  );
}

function markLast(parts: readonly ContentPartInput[]): readonly ContentPartInput[] {
  const last = parts.at(-1) ?? { text: '' };
  return [...parts.slice(0, -1), keepPlace(last, { ...last, cache: true })];
}

function readAssistant(value: unknown, at: string, rules: BlockRules): MessageInput {
  const parts: ContentPartInput[] = [];
  const toolCalls: ToolCallInput[] = [];
  const reasoning: ReasoningInput[] = [];
  let isCached = false;
  for (const [index, block] of readBlocks(value, at).entries()) {
    const place = `${at}.${index}`;
    switch (block.type) {
      case 'text':
        parts.push(readText(block, place, rules));
        break;
      case 'thinking':
        reasoning.push(readThinking(block, place));
        break;
      case 'redacted_thinking': {
        const { value: redacted, ...origin } = unwrapSignature(requireText(block.data, `${place}.data`));
        reasoning.push({ redacted, ...origin });
        break;
      }
      case 'tool_use':
        toolCalls.push({
          id: requireText(block.id, `${place}.id`),
          name: requireText(block.name, `${place}.name`),
          arguments: block.input == null ? {} : toFields(block.input, `${place}.input`),
        });
        isCached ||= isCachePoint(block, rules);
        break;
      case 'document':
      case 'image':
        throw new WrongField(
          place,
          `is a block of type ${block.type}, which an assistant message cannot have.`,
        );
      default:
        // Blocks of tools that Anthropic runs: they are of no use to another provider, and refer to what is not kept.
        rules.drop(readType(block, place));
    }
  }
  return markPlace(
    {
      role: 'ASSISTANT',
      ...toContent(isCached ? markLast(parts) : parts),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(reasoning.length === 0 ? {} : { reasoning }),
    },
    at,
  );
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

function isCachePoint({ cache_control: given }: BodyFields, { drop }: BlockRules): boolean {
  if (given === undefined || given === null) return false;
  const { ttl } = toFields(given, 'cache_control');
  if (ttl !== undefined && ttl !== '5m') drop('cache_control.ttl');
  return true;
}

function readTexts(value: unknown, at: string, rules: BlockRules): readonly ContentPartInput[] {
  return readBlocks(value, at).map((block, index) => {
    if (block.type !== 'text') throw new WrongField(`${at}.${index}.type`, 'must be text.');
    return readText(block, `${at}.${index}`, rules);
  });
}

function readText(block: BodyFields, at: string, rules: BlockRules): ContentPartInput {
  const text = toText(block.text, `${at}.text`) ?? '';
  return isCachePoint(block, rules) ? { text, cache: true } : { text };
}

/** The parts of a block of a user, or of the result of a tool. */
function readPart(block: BodyFields, at: string, rules: BlockRules): readonly ContentPartInput[] {
  const cache = isCachePoint(block, rules) ? { cache: true } : {};
  switch (block.type) {
    case 'text':
      rules.version.checkText(block, at);
      return [readText(block, at, rules)];
    case 'image':
      return [
        markPlace(
          { ...readSource(block.source, `${at}.source`, 'image/*'), ...cache },
          `${at}.source`,
          sourcePlaces,
        ),
      ];
    case 'document':
      return readDocument(block, at, rules, cache);
    case 'search_result':
      return [{ text: writeSearchResult(block, at), ...cache }];
    default:
      throw new WrongField(
        `${at}.type`,
        `is ${JSON.stringify(readType(block, at))}; it must be one of text, image, document, search_result, tool_result.`,
      );
  }
}

function readDocument(
  block: BodyFields,
  at: string,
  rules: BlockRules,
  cache: { readonly cache?: boolean },
): readonly ContentPartInput[] {
  const source = toFields(block.source, `${at}.source`);
  const title = toText(block.title, `${at}.title`);
  if (block.citations != null && toFields(block.citations, `${at}.citations`).enabled === true) {
    rules.drop('citations');
  }
  const context = toText(block.context, `${at}.context`) ?? '';
  const before = context === '' ? [] : [{ text: context }];
  if (source.type === 'content') {
    const parts = readBlocks(source.content, `${at}.source.content`).flatMap((one, index) =>
      readPart(one, `${at}.source.content.${index}`, rules),
    );
    return [...before, ...(cache.cache === true ? markLast(parts) : parts)];
  }
  if (source.type === 'text') {
    const data = Buffer.from(requireText(source.data, `${at}.source.data`)).toString('base64');
    return [...before, { data, mediaType: 'text/plain', ...withName(title), ...cache }];
  }
  if (source.type === 'url') {
    throw new WrongField(
      `${at}.source`,
      'is the URL of a document, whose size is not known before it is fetched: send the document as base64.',
    );
  }
  const file = readSource(source, `${at}.source`, 'application/pdf');
  return [...before, markPlace({ ...file, ...withName(title), ...cache }, `${at}.source`, sourcePlaces)];
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
      throw new WrongField(
        `${at}.type`,
        'must be one of base64, url, text, content: files by id are not kept here, so send the content.',
      );
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
