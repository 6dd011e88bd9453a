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
      message.role !== 'system' && message.parts?.some((part) => text(readOwn(part)?.type) !== '') === true,
  );
}

/**
 * The texts of an answer as messages, with items that only this format has in their places. A phase is that of its text; one that
 * begins a message is that of the texts after it.
 */
export function writeAnswer(whole: string, parts: readonly TextPart[] = []): object[] {
  const items: object[] = [];
  let current: Fields = {};
  const write = (text: string, { phase, ...more }: Fields = {}, isRefusal = false) => {
    if (text === '') return;
    const isPlain = Object.keys(more).length === 0;
    const written = isPlain ? text : [{ ...more, type: 'output_text', text }];
    const content = isRefusal ? [{ ...more, type: 'refusal', refusal: text }] : written;
    const inPhase = phase ?? current.phase;
    items.push({ role: 'assistant', content, ...(inPhase === undefined ? {} : { phase: inPhase }) });
  };
  if (!parts.some((part) => readOwn(part) !== undefined || part.isRefusal)) {
    write(whole);
    return items;
  }
  for (const part of parts) {
    const own = readOwn(part);
    if (own !== undefined && isItem(own)) items.push(own);
    else {
      if (own?.type === 'message') current = own;
      write(part.text, own?.type === undefined ? own : {}, part.isRefusal);
    }
  }
  return items;
}

/** The content of a user's message, with items that only this format has in their places between. */
export function writeUser(
  parts: readonly ContentPart[],
  writeContent: (part: ContentPart, at: number) => object,
): object[] {
  const items: object[] = [];
  let content: object[] = [];
  const end = () => {
    if (content.length > 0) items.push({ role: 'user', content });
    content = [];
  };
  for (const [at, part] of parts.entries()) {
    const own = readOwn(part);
    if (own !== undefined && isItem(own)) {
      end();
      items.push(own);
    } else content.push(writeContent(part, at));
  }
  end();
  return items;
}
