import type { ContentPart, ProviderCall, ProviderMessage } from '../../provider.ts';
import { rejectElsewhere } from '../../translate/call-parts.ts';
import { fields, list } from '../shared/fields.ts';

/** Fields that name what an account of a vendor keeps. */
const accountFields: ReadonlySet<string> = new Set([
  ...['vector_store_ids', 'vector_store_id', 'file_ids', 'file_id', 'container_id', 'skill_id', 'tunnel_id'],
]);
/** JSON Schemas, whose properties may have any name. */
const schemas: ReadonlySet<string> = new Set(['parameters', 'input_schema', 'output_schema']);
const depthMax = 16;

function isNaming(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
}

/**
 * The first field of a value that names what the account of a vendor keeps: a file, a vector store, a container, an item. Undefined: none
 * does. What is nested deeper than any tool is taken for one.
 */
function findAccountField(value: unknown, depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > depthMax) return 'a nested field';
  if (Array.isArray(value)) {
    for (const one of value) {
      const found = findAccountField(one, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const record = value as Readonly<Record<string, unknown>>;
  const { type, container, result } = record;
  // An item by its ID alone.
  if (type === 'item_reference' || (type === 'image_generation_call' && !isNaming(result))) return 'id';
  if (typeof container === 'string') return 'container';
  for (const [name, field] of Object.entries(record)) {
    if (accountFields.has(name) && isNaming(field)) return name;
    if (schemas.has(name)) continue;
    const found = findAccountField(field, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An item that the vendor wrote: without it the conversation is still the same one. */
function isLeftOut(value: unknown): boolean {
  return /_call$/.test(String(fields(value)?.type));
}

function refuse(field: string, place: string): never {
  throw rejectElsewhere(
    `${place} names by ${field} what an account of its provider keeps, and several tenants may use that account: leave it out, or call an AI model of a provider of your own`,
  );
}

type Parted = Extract<ProviderMessage, { readonly role: 'user' | 'assistant' | 'tool' }>;

/** The part with the annotations of its text that name no file of the account. */
function withoutFiles(part: ContentPart, wire: string): ContentPart {
  const { annotations, ...more } = part.own?.[wire] ?? {};
  const kept = list(annotations).filter((one) => findAccountField(one) === undefined);
  if (kept.length === list(annotations).length) return part;
  return { ...part, own: { ...part.own, [wire]: kept.length === 0 ? more : { ...more, annotations: kept } } };
}

function withoutItems(message: ProviderMessage, wire: string): ProviderMessage {
  if (message.role === 'system') return message;
  const beside = message.role === 'assistant' ? message.toolCalls.map(({ own }) => own) : [];
  for (const own of message.role === 'tool' ? [message.resultOwn] : beside) {
    const field = findAccountField(own?.[wire]);
    if (field !== undefined) refuse(field, 'messages');
  }
  if (message.parts === undefined) return message;
  const cited: readonly ContentPart[] = message.parts.map((part) => withoutFiles(part, wire));
  const parts = cited.filter(({ own }) => {
    const item = own?.[wire];
    const field = item === undefined ? undefined : findAccountField(item);
    if (field === undefined) return true;
    if (!isLeftOut(item)) refuse(field, 'messages');
    return false;
  });
  const isWhole = parts.length === cited.length && cited.every((part, at) => part === message.parts?.[at]);
  return isWhole ? message : ({ ...message, parts } as Parted);
}

/**
 * The call for an account that several tenants may use: without the calls of tools that name a container or a file of the account.
 * @throws {ProviderFailure} BAD_USER_INPUT where a tool, a file or a result names such a thing: it may be another tenant's
 */
export function toSharedCall(call: ProviderCall, wire: string): ProviderCall {
  const { messages, tools, providerTools, providerToolChoice } = call;
  const given = [
    ...(providerTools?.[wire] ?? []),
    providerToolChoice?.[wire],
    ...(tools ?? []).map(({ own }) => own?.[wire]),
  ];
  for (const one of given) {
    const field = findAccountField(one);
    if (field !== undefined) refuse(field, 'tools');
  }
  const kept = messages.map((message) => withoutItems(message, wire));
  return kept.every((message, at) => message === messages[at]) ? call : { ...call, messages: kept };
}

/** The types of the items that `toSharedCall` leaves out. */
export function listLeftOut({ messages }: ProviderCall, wire: string): readonly string[] {
  const types = new Set<string>();
  for (const message of messages) {
    for (const part of message.role === 'system' ? [] : list(message.parts)) {
      const item = fields(fields(fields(part)?.own)?.[wire]);
      if (list(item?.annotations).some((one) => findAccountField(one) !== undefined))
        types.add('annotations');
      if (item !== null && isLeftOut(item) && findAccountField(item) !== undefined) types.add(`${item.type}`);
    }
  }
  return [...types];
}
