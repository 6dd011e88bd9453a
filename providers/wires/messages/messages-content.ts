import type { ContentPart, OwnFields, ProviderMessage, SentReasoning, TextPart } from '../../provider.ts';
import { type FileSource, readFile, rejectUnsupported } from '../../translate/call-parts.ts';
import { isBlank } from '../../translate/conversation.ts';
import { fullMediaType, topLevelType } from '../../translate/file-type.ts';
import { refersToFile } from './kept-files.ts';

type Block = Readonly<Record<string, unknown>>;

/** A conversation as the messages API takes it. */
export interface MessagesPrompt {
  /** Instructions before the conversation; null: none. */
  readonly system: readonly Block[] | null;
  readonly messages: readonly Turn[];
  /** Names of features in beta that it uses. */
  readonly betas: readonly string[];
}

interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: Block[];
}

const pdfBeta = 'pdfs-2024-09-25';
const systemBeta = 'mid-conversation-system-2026-04-07';

const writeText = (text: string): Block => ({ type: 'text', text });

function writeSource(file: FileSource, mediaType: string): object {
  return file.url === null
    ? { type: 'base64', media_type: mediaType, data: file.data ?? '' }
    : { type: 'url', url: file.url };
}

/** @throws {ProviderFailure} BAD_USER_INPUT for a file that is no image, PDF or plain text */
function writeFile(file: FileSource, betas: Set<string>): Block {
  const top = topLevelType(file);
  if (top === 'image') {
    return { type: 'image', source: writeSource(file, file.url === null ? fullMediaType(file) : '') };
  }
  const mediaType = top === 'application' && file.url === null ? fullMediaType(file) : file.mediaType;
  if (mediaType === 'application/pdf') {
    betas.add(pdfBeta);
    return { type: 'document', source: writeSource(file, mediaType) };
  }
  if (mediaType !== 'text/plain') throw rejectUnsupported(`it takes no file of type ${mediaType}`);
  if (file.url !== null) return { type: 'document', source: writeSource(file, mediaType) };
  const data = Buffer.from(file.data ?? '', 'base64').toString();
  return { type: 'document', source: { type: 'text', media_type: mediaType, data } };
}

/**
 * The further fields of a part, or the block in its place.
 * @throws {ProviderFailure} BAD_USER_INPUT for one that refers to a file of the provider's account, which many tenants may share
 */
function readOwn(own: OwnFields | undefined): Block {
  const fields = own?.messages ?? {};
  if (refersToFile(fields)) throw rejectUnsupported('it refers to a file of the provider by its ID');
  return fields;
}

function writePart(part: ContentPart, betas: Set<string>): Block {
  const own = part.own === undefined ? undefined : readOwn(part.own);
  if (own?.type !== undefined) return own;
  const block = part.type === 'text' ? writeText(part.text) : writeFile(readFile(part), betas);
  return withOwn(part.cache === true ? withCachePoint(block) : block, own);
}

function withCachePoint(block: Block): Block {
  return { ...block, cache_control: { type: 'ephemeral' } };
}

/** The block with further fields; what it has itself stands, but for the details of its cache point. */
function withOwn(block: Block, own: Block | undefined): Block {
  if (own === undefined) return block;
  const { cache_control: cache } = own;
  return { ...own, ...block, ...(cache === undefined ? {} : { cache_control: cache }) };
}

/** The blocks of a message, the last of which ends a cached prefix where the message does. */
function markEnd(
  blocks: readonly Block[],
  { cache, own }: { readonly cache?: true; readonly own?: OwnFields },
): readonly Block[] {
  const last = blocks.at(-1);
  if (last === undefined || (cache === undefined && own === undefined)) return blocks;
  const marked = cache === undefined ? last : withCachePoint(last);
  return [...blocks.slice(0, -1), withOwn(marked, own === undefined ? undefined : readOwn(own))];
}

/** Texts and own blocks in order. A cache point of an empty text is that of the block before it. */
function writeParts(parts: readonly TextPart[], betas: Set<string>): readonly Block[] {
  let blocks: readonly Block[] = [];
  for (const part of parts) {
    const isEmpty = isBlank(part.text) && part.own?.messages?.type === undefined;
    blocks = isEmpty ? markEnd(blocks, part) : [...blocks, writePart(part, betas)];
  }
  return blocks;
}

/** Signed or encrypted: other reasoning is not taken. */
function writeReasoning({ text, signature, redacted }: SentReasoning): readonly Block[] {
  if (redacted !== null) return [{ type: 'redacted_thinking', data: redacted }];
  return signature === null ? [] : [{ type: 'thinking', thinking: text ?? '', signature }];
}

function writeResult(
  { toolCallId, content, parts, isError, resultOwn }: ProviderMessage & { readonly role: 'tool' },
  betas: Set<string>,
): Block {
  return {
    ...readOwn(resultOwn),
    type: 'tool_result',
    tool_use_id: toolCallId,
    content: parts === undefined ? content : parts.map((part) => writePart(part, betas)),
    ...(isError === true ? { is_error: true } : {}),
  };
}

type Spoken = Exclude<ProviderMessage, { role: 'system' }>;

function writeBlocks(message: Spoken, betas: Set<string>): readonly Block[] {
  switch (message.role) {
    case 'user':
      return message.parts.map((part) => writePart(part, betas));
    case 'tool':
      return markEnd([writeResult(message, betas)], message.parts === undefined ? message : {});
    case 'assistant': {
      const calls = message.toolCalls.map(
        ({ id, name, arguments: input, own }): Block => ({
          ...readOwn(own),
          type: 'tool_use',
          id,
          name,
          input,
        }),
      );
      const thought = message.reasoning?.flatMap(writeReasoning) ?? [];
      if (message.parts !== undefined) return writeTurn(thought, message.parts, calls, betas);
      const written = message.text === '' ? calls : [writeText(message.text), ...calls];
      const { cache } = message;
      return markEnd([...thought, ...written], cache === undefined ? {} : { cache });
    }
  }
}

/** A cache point of an empty text at the end is that of the last call. */
function writeTurn(
  thought: readonly Block[],
  parts: readonly TextPart[],
  calls: readonly Block[],
  betas: Set<string>,
): readonly Block[] {
  const last = parts.at(-1);
  const marksCalls =
    last !== undefined && calls.length > 0 && isBlank(last.text) && last.own?.messages?.type === undefined;
  const texts = writeParts(marksCalls ? parts.slice(0, -1) : parts, betas);
  return [...thought, ...texts, ...(marksCalls ? markEnd(calls, last) : calls)];
}

/** Within a turn reasoning comes first, and texts come before calls of tools. */
function sortTurn({ role, content }: Turn): Turn {
  if (role !== 'assistant') return { role, content };
  const isCall = ({ type }: Block) => type === 'tool_use';
  return { role, content: [...content.filter((block) => !isCall(block)), ...content.filter(isCall)] };
}

/** The beginning of an answer must not end with white space. */
function trimBeginning(turn: Turn | undefined): void {
  const last = turn?.role === 'assistant' ? turn.content.at(-1) : undefined;
  if (typeof last?.text === 'string') turn?.content.splice(-1, 1, writeText(last.text.trim()));
}

/** Writes a conversation: user and results of tools are one side, and what a side states in a row is one turn. */
export function writeMessagesPrompt(conversation: readonly ProviderMessage[]): MessagesPrompt {
  const betas = new Set<string>();
  const system: Block[] = [];
  const turns: Turn[] = [];
  for (const message of conversation) {
    if (message.role === 'system') {
      if (turns.length === 0) system.push(...markEnd([writeText(message.content)], message));
      else {
        betas.add(systemBeta);
        turns.push({ role: 'system', content: [...markEnd([writeText(message.content)], message)] });
      }
      continue;
    }
    const blocks = writeBlocks(message, betas);
    if (blocks.length === 0) continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  }
  trimBeginning(turns.at(-1));
  return { system: system.length === 0 ? null : system, messages: turns.map(sortTurn), betas: [...betas] };
}
