import { type BodyFields, isFields } from '../../body-fields.ts';
import type { ContentPartInput } from '../../operations.generated.ts';

/** The key of this dialect in `providerOptions` and `providerTools`, and the format of its blocks in an answer. */
export const responsesFormat = 'responses';

/** The type of an item that names another one by its id. */
export const referenceType = 'item_reference';

/** A block of an answer, or the progress of one, of any dialect. */
export interface VendorBlock {
  readonly format: string;
  readonly content: unknown;
}

const eventName = /^response\.[a-z_.]{1,100}$/;

/** Whether a call of a function is the vendor's own: one in a namespace that it searches, or of a program that it runs. */
export function isVendorCall(
  { namespace, caller }: BodyFields,
  vendorNamespaces: ReadonlySet<unknown>,
): boolean {
  return vendorNamespaces.has(namespace) || (isFields(caller) && caller.type === 'program');
}

/** A part for providers of this dialect alone: an item of a conversation, or what stands in a message. */
export function toResponsesPart(own: BodyFields, text = ''): ContentPartInput {
  return { text, providerOptions: { [responsesFormat]: own } };
}

/** The fields of an object that the graph has no field for, for providers of a dialect: `responses` or `chat`. */
export function toFurtherFields(
  given: BodyFields,
  known: ReadonlySet<string>,
  format = responsesFormat,
): { readonly providerOptions?: Readonly<Record<string, BodyFields>> } {
  const further = Object.entries(given).filter(([field, value]) => value != null && !known.has(field));
  return further.length === 0 ? {} : { providerOptions: { [format]: Object.fromEntries(further) } };
}

/** The item in a block of an answer; undefined for a block of another dialect. */
export function readVendorItem(
  { format, content }: VendorBlock,
  fallbackId: string,
): (BodyFields & { readonly id: string; readonly type: string }) | undefined {
  if (format !== responsesFormat || !isFields(content) || typeof content.type !== 'string') return undefined;
  const id = typeof content.id === 'string' && content.id !== '' ? content.id : fallbackId;
  return { ...content, id, type: content.type };
}

/** The phase of the message that begins with a block; undefined where none begins. */
export function readPhase({ format, content }: VendorBlock): string | undefined {
  if (format !== responsesFormat || !isFields(content) || content.type !== 'message') return undefined;
  return typeof content.phase === 'string' ? content.phase : undefined;
}

/** An event of the vendor's about one of its items, whose place it names by its own output index. */
export interface VendorChange {
  readonly type: string;
  readonly index: unknown;
  readonly fields: BodyFields;
}

/** The event in the progress of a block; undefined for one of another dialect. */
export function readVendorChange({ format, content }: VendorBlock): VendorChange | undefined {
  if (format !== responsesFormat || !isFields(content)) return undefined;
  const { type, output_index: index, sequence_number: _, ...fields } = content;
  return typeof type === 'string' && eventName.test(type) ? { type, index, fields } : undefined;
}
