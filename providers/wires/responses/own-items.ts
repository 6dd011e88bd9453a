import type { ContentPart, OwnFields, ProviderCall, TextPart } from '../../provider.ts';
import { type Fields, text } from '../shared/fields.ts';

/** The key of this format in `providerOptions`, `providerTools` and `providerToolChoice`. */
export const responsesName = 'responses';

/** What stands inside of a message; everything else with a type is an item of its own. */
const contents: ReadonlySet<string> = new Set(['input_text', 'input_image', 'input_file', 'input_audio']);

/** The fields of a part that are for this format; undefined: none. */
export function readOwn({ own }: { readonly own?: OwnFields }): Fields | undefined {
  return own?.[responsesName];
}

/** Whether the fields stand for a whole item of a conversation. The beginning of a message has only the fields of the message. */
function isItem(own: Fields): boolean {
  const type = text(own.type);
  return type !== '' && !contents.has(type) && (type !== 'message' || own.content !== undefined);
}

/** Whether a call has a file by its ID or address that stands in a message of this format alone. */
export function hasOwnFile({ messages }: ProviderCall): boolean {
  return messages.some(
    (message) =>
      message.role !== 'system' &&
      message.parts?.some((part) => /^input_(?:file|image|audio)$/.test(text(readOwn(part)?.type))) === true,
  );
}

/** Whether a call names an item of its conversation by the ID alone that the vendor keeps it under. */
export function hasOwnReference({ messages }: ProviderCall): boolean {
  return messages.some(
    (message) =>
      message.role !== 'system' &&
      message.parts?.some((part) => readOwn(part)?.type === 'item_reference') === true,
  );
}

/** Whether a call has what only the responses API takes. */
export function needsResponses({ providerTools, messages }: ProviderCall): boolean {
  if ((providerTools?.[responsesName]?.length ?? 0) > 0) return true;
  return messages.some(
    (message) =>
      message.role !== 'system' &&
      message.parts?.some((part) => text(readOwn(part)?.type) !== '' && !isHead(readOwn(part))) === true,
  );
}

/** What stands before the content of a message: its phase, and the ID and status under which the vendor wrote it. */
type MessageHead = Fields & { readonly type: 'message' };

/** Whether the fields begin a message, whose content follows. */
function isHead(own: Fields | undefined): own is MessageHead {
  return own?.type === 'message' && own.content === undefined;
}

/** A message as it is sent. With an ID it is one of the vendor's own form, which states its type, and of an answer its status. */
function writeMessage(
  { type, ...head }: Fields,
  role: 'user' | 'assistant' | 'system' | 'developer',
  content: unknown,
): object {
  const status = role === 'assistant' ? { status: 'completed' } : {};
  return { ...(head.id === undefined ? {} : { type, ...status }), ...head, role, content };
}

/** The message of instructions; of its further fields, those of a message are its own, and the others those of its text. */
export function writeSystem(text: string, own: Fields | undefined, role: 'system' | 'developer'): object {
  const { type, id, status, ...more } = own ?? {};
  const isPlain = Object.keys(more).length === 0;
  const content = isPlain ? text : [{ ...more, type: 'input_text', text }];
  const head = { type, ...(id === undefined ? {} : { id }), ...(status === undefined ? {} : { status }) };
  return writeMessage(head, role, content);
}

/**
 * The texts of an answer as messages, with items that only this format has in their places. What begins a message holds the texts after
 * it together; without that each text is a message, with its phase.
 */
export function writeAnswer(whole: string, parts: readonly TextPart[] = []): object[] {
  if (!parts.some((part) => readOwn(part) !== undefined || part.isRefusal)) {
    return whole === '' ? [] : [{ role: 'assistant', content: whole }];
  }
  const items: object[] = [];
  let head: MessageHead | undefined;
  let content: object[] = [];
  const end = () => {
    const [first] = content;
    if (head !== undefined && first !== undefined) items.push(toAnswer(head, content));
    content = [];
  };
  for (const part of parts) {
    const own = readOwn(part);
    const { phase, ...more } = own?.type === undefined ? { ...own } : { phase: undefined };
    if (own !== undefined && (isHead(own) || isItem(own))) {
      end();
      head = isHead(own) ? own : undefined;
      if (head === undefined) items.push(own);
    } else if (part.text !== '') {
      const { isRefusal, text } = part;
      const written = isRefusal
        ? { ...more, type: 'refusal', refusal: text }
        : { ...more, type: 'output_text', text };
      if (phase !== undefined && head?.phase !== phase) {
        end();
        head = undefined;
      }
      if (head !== undefined) content.push(written);
      else items.push(toAnswer(phase === undefined ? {} : { phase }, [written]));
    }
  }
  end();
  return items;
}

/** A text alone is the content, where the message has no ID. */
function toAnswer(head: Fields, content: readonly object[]): object {
  const [only] = content as readonly Fields[];
  const isText = content.length === 1 && only?.type === 'output_text' && Object.keys(only).length === 2;
  return writeMessage(head, 'assistant', isText && head.id === undefined ? only.text : content);
}

/** The content of a user's message, with items that only this format has in their places between. */
export function writeUser(
  parts: readonly ContentPart[],
  writeContent: (part: ContentPart, at: number) => object,
): object[] {
  const items: object[] = [];
  let head: Fields = {};
  let content: object[] = [];
  const end = () => {
    if (content.length > 0) items.push(writeMessage(head, 'user', content));
    content = [];
    head = {};
  };
  for (const [at, part] of parts.entries()) {
    const own = readOwn(part);
    if (own !== undefined && (isHead(own) || isItem(own))) {
      end();
      if (isHead(own)) head = own;
      else items.push(own);
    } else content.push(writeContent(part, at));
  }
  end();
  return items;
}
