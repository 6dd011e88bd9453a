import { isConversationId } from '#core/text/label.ts';
import { type CallContext, GraphFailure, runDeclared } from '../../operations/run-declared.ts';
import { type BodyFields, isFields, requireText, WrongField } from '../body-fields.ts';
import { NamedRefusal } from '../openai/openai-errors.ts';
import {
  type ResponseCompletionFragment,
  type StoredResponseQuery,
  storedResponse,
} from '../operations.generated.ts';
import { type OutputItem, readItemCompletionId } from './output/response-items.ts';
import { referenceType } from './output/vendor-items.ts';
import { toOutput } from './output/whole-output.ts';
import type { RequestFields } from './response-object.ts';
import { listClientTools } from './tools/client-tools.ts';

/** The whole conversation that a response answers. */
export interface Conversation {
  /** By which the ledger has its calls. Undefined: a response of an older version has none. */
  readonly id: string | undefined;
  readonly items: readonly BodyFields[];
}

/** What is kept with the completion of a response: it is read back as it was, and continued. */
export interface KeptRequest {
  readonly conversation: Conversation;
  readonly request: RequestFields;
}

export interface StoredResponse extends KeptRequest {
  readonly completion: ResponseCompletionFragment &
    Pick<NonNullable<StoredResponseQuery['completion']>, 'guardrailVerdicts'>;
}

/** An attachment of more characters is not taken by the graph: such a response is not stored. */
const attachmentCharactersMax = 8 * 1024 * 1024;
/** Responses that one request may refer to by their items. */
const referredMax = 32;

/** The attachment of a request; undefined where it is too long to be stored. */
export function writeKeptRequest({ conversation, request }: KeptRequest): string | undefined {
  const text = JSON.stringify({ conversationId: conversation.id, items: conversation.items, request });
  return text.length > attachmentCharactersMax ? undefined : text;
}

/** The id of the completion in the id of a response; undefined where it is none. */
export function readCompletionId(responseId: string): string | undefined {
  return /^resp_([0-9a-z]{1,64})$/.exec(responseId)?.[1];
}

/** Undefined: there is none that the caller may read, or it is not stored. */
async function findByCompletion(call: CallContext, id: string): Promise<StoredResponse | undefined> {
  const { completion } = await runDeclared(call, storedResponse, { id });
  if (completion === null || completion.attachment === null) return undefined;
  const kept: unknown = readJson(completion.attachment);
  // The attachment of another client of the graph is no response.
  if (!isFields(kept) || !Array.isArray(kept.items) || !isFields(kept.request)) return undefined;
  const { conversationId, items, request } = kept;
  const conversation = { id: isConversationId(conversationId) ? conversationId : undefined, items };
  return { completion, conversation, request };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Refuses with 404: there is no stored response of this id that the caller may read. */
export async function requireStored(call: CallContext, responseId: string): Promise<StoredResponse> {
  const id = readCompletionId(responseId);
  const found = id === undefined ? undefined : await findByCompletion(call, id);
  if (found === undefined) throw responseNotFound();
  return found;
}

function responseNotFound(): NamedRefusal {
  return new NamedRefusal(404, 'There is no stored response of this id.', {
    code: 'NOT_FOUND',
    ownCode: null,
    param: null,
  });
}

/** What was thrown, with NOT_FOUND as the absence of the response. */
export function toResponseRefusal(thrown: unknown): unknown {
  return thrown instanceof GraphFailure && thrown.code === 'NOT_FOUND' ? responseNotFound() : thrown;
}

/** The conversation before the items of a request: that of the response `previousId` with its answer. */
export async function readPrevious(call: CallContext, previousId: string): Promise<Conversation> {
  const id = readCompletionId(previousId);
  const found = id === undefined ? undefined : await findByCompletion(call, id);
  if (found === undefined) {
    throw new NamedRefusal(400, 'There is no stored response of this previous_response_id.', {
      code: 'BAD_USER_INPUT',
      ownCode: 'previous_response_not_found',
      param: 'previous_response_id',
    });
  }
  if (found.completion.status === 'RUNNING') {
    throw new NamedRefusal(400, 'The response of this previous_response_id is still in progress.', {
      code: 'CONFLICT',
      ownCode: 'previous_response_in_progress',
      param: 'previous_response_id',
    });
  }
  const { id: conversationId, items } = found.conversation;
  return { id: conversationId, items: [...items, ...readOutput(found)] };
}

function readOutput({ completion, request }: StoredResponse): readonly OutputItem[] {
  return toOutput(completion, listClientTools(request.tools));
}

/**
 * The items with those in place of references: clients may name an item of a stored response by its id alone. What an id of another server
 * names is for a provider that keeps it: the reference stays.
 */
export async function resolveReferences(
  call: CallContext,
  items: readonly BodyFields[],
): Promise<readonly BodyFields[]> {
  const isReference = (item: BodyFields) =>
    item.type === referenceType ||
    (item.type === undefined && item.role === undefined && item.id !== undefined);
  if (!items.some(isReference)) return items;
  const ids = new Set(items.filter(isReference).flatMap(({ id }) => readItemCompletionId(String(id)) ?? []));
  if (ids.size > referredMax) throw new WrongField('input', `refers to more than ${referredMax} responses.`);
  const found = new Map<string, OutputItem>();
  for (const id of ids) {
    const stored = await findByCompletion(call, id);
    for (const item of stored === undefined ? [] : readOutput(stored)) found.set(item.id, item);
  }
  return items.flatMap((item, at) => {
    if (!isReference(item)) return [item];
    const id = requireText(item.id, `input[${at}].id`);
    const referred = found.get(id);
    if (referred !== undefined) return [referred];
    if (readItemCompletionId(id) === undefined) return [{ type: referenceType, id }];
    // Reasoning without a signature may have come in several pieces; an answer is continued without it.
    if (id.startsWith('rs_')) return [];
    throw new WrongField(`input[${at}].id`, 'names no item of a stored response: send the item itself.');
  });
}
