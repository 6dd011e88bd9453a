import type { ContentPart, ProviderMessage, SentReasoning } from '../../provider.ts';
import { type FileSource, readFile, rejectUnsupported } from '../../translate/call-parts.ts';
import { fullMediaType, topLevelType } from '../../translate/file-type.ts';

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

function writePart(part: ContentPart, betas: Set<string>): Block {
  const block = part.type === 'text' ? writeText(part.text) : writeFile(readFile(part), betas);
  return part.cache === true ? withCachePoint(block) : block;
}

function withCachePoint(block: Block): Block {
  return { ...block, cache_control: { type: 'ephemeral' } };
}

/** The blocks of a message, the last of which ends a cached prefix where the message does. */
function markEnd(blocks: readonly Block[], cache: true | undefined): readonly Block[] {
  const last = blocks.at(-1);
  return cache === undefined || last === undefined ? blocks : [...blocks.slice(0, -1), withCachePoint(last)];
}

/** Signed or encrypted: other reasoning is not taken. */
function writeReasoning({ text, signature, redacted }: SentReasoning): readonly Block[] {
  if (redacted !== null) return [{ type: 'redacted_thinking', data: redacted }];
  return signature === null ? [] : [{ type: 'thinking', thinking: text ?? '', signature }];
}

function writeResult(
  { toolCallId, content, parts, isError }: ProviderMessage & { readonly role: 'tool' },
  betas: Set<string>,
): Block {
  return {
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
      return markEnd([writeResult(message, betas)], message.parts === undefined ? message.cache : undefined);
    case 'assistant': {
      const calls = message.toolCalls.map(
        ({ id, name, arguments: input }): Block => ({ type: 'tool_use', id, name, input }),
      );
      const written = message.text === '' ? calls : [writeText(message.text), ...calls];
      const thought = message.reasoning?.flatMap(writeReasoning) ?? [];
      return markEnd(thought.length === 0 ? written : [...thought, ...written], message.cache);
    }
  }
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
      if (turns.length === 0) system.push(...markEnd([writeText(message.content)], message.cache));
      else {
        betas.add(systemBeta);
        turns.push({ role: 'system', content: [writeText(message.content)] });
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
