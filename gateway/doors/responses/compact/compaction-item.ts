import { type BodyFields, isFields, requireText, WrongField } from '../../body-fields.ts';
import type { ResponseCompletionFragment } from '../../operations.generated.ts';
import type { OutputItem } from '../output/response-items.ts';

/** Marks `encrypted_content` that this handler has written. */
const mark = 'hdc1.';

/** The item that stands for a conversation: its client returns it unchanged. */
export function toCompactionItem(id: string, summary: string): OutputItem {
  const sealed = Buffer.from(JSON.stringify({ summary })).toString('base64url');
  return { id: `cmp_${id}`, type: 'compaction', encrypted_content: mark + sealed };
}

/** The output of a response that compacts its conversation; nothing where there is no whole summary. */
export function toCompactedOutput({
  id,
  status,
  finishReason,
  text,
}: ResponseCompletionFragment): readonly OutputItem[] {
  return status === 'SUCCEEDED' && finishReason === 'STOP' ? [toCompactionItem(id, text)] : [];
}

/** Whether this handler has written a compaction item, or a client has changed it beyond recognition. */
export function isOwnCompaction({ encrypted_content: text }: BodyFields): boolean {
  return typeof text !== 'string' || text.startsWith(mark);
}

/**
 * The summary in a compaction item. Throws WrongField for one of another server, or one that was changed: without it the call
 * would be one about another conversation.
 */
export function readCompactionItem(item: BodyFields, at: string): string {
  const place = `${at}.encrypted_content`;
  const text = requireText(item.encrypted_content, place);
  const summary = text.startsWith(mark) ? unseal(text.slice(mark.length)) : undefined;
  if (summary === undefined) {
    throw new WrongField(place, 'was not written by this server: send the items that it stands for.');
  }
  return summary;
}

function unseal(sealed: string): string | undefined {
  try {
    const fields: unknown = JSON.parse(Buffer.from(sealed, 'base64url').toString());
    return isFields(fields) && typeof fields.summary === 'string' ? fields.summary : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
