import { type BodyFields, isFields } from '../body-fields.ts';
import type { ContentPartInput } from '../operations.generated.ts';

/** The key of this dialect in `providerOptions` and `providerTools`, and the format of its blocks in an answer. */
export const responsesFormat = 'responses';

/** Tools that a vendor runs and that reach nothing which its account keeps, by the beginnings of their types. */
const searches = /^(?:web_search|x_search)(?:_|$)/;
/** Items that stand for their calls, in an answer and in the conversation after it. */
const callTypes: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'x_search_call',
  'code_interpreter_call',
]);

/**
 * Whether a tool is sent to the vendor that runs it. Files, containers and connectors belong to the vendor's account, which may serve
 * many tenants: tools that name them are not sent.
 */
export function isVendorTool({ type, container }: BodyFields): boolean {
  if (typeof type !== 'string') return false;
  if (searches.test(type)) return true;
  return (
    type === 'code_interpreter' &&
    isFields(container) &&
    container.type === 'auto' &&
    (container.file_ids == null || (Array.isArray(container.file_ids) && container.file_ids.length === 0))
  );
}

/** Whether an item of a conversation is the call of such a tool. */
export function isVendorCall({ type }: BodyFields): boolean {
  return callTypes.has(type);
}

/** An item as it is, for providers of this dialect alone. */
export function toOwnItem(item: BodyFields): ContentPartInput {
  return { text: '', providerOptions: { [responsesFormat]: item } };
}

/** The item in a block of an answer; undefined for a block of another dialect. */
export function readVendorItem(
  { format, content }: { readonly format: string; readonly content: unknown },
  fallbackId: string,
): (BodyFields & { readonly id: string; readonly type: string }) | undefined {
  if (format !== responsesFormat || !isFields(content) || typeof content.type !== 'string') return undefined;
  const id = typeof content.id === 'string' && content.id !== '' ? content.id : fallbackId;
  return { ...content, id, type: content.type };
}
