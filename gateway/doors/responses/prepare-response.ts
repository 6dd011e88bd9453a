import type { CallContext } from '../../operations/run-declared.ts';
import { type BodyFields, toText, WrongField } from '../body-fields.ts';
import type { CallHeaders } from '../call-headers.ts';
import type { CompletionInput } from '../operations.generated.ts';
import { endsWithTrigger, readCompactionCall } from './compact/compaction-call.ts';
import { itemsMax, readInputItems } from './input-items.ts';
import type { RequestFields } from './response-object.ts';
import { readResponsesRequest } from './responses-request.ts';
import { type Conversation, readPrevious, resolveReferences, writeKeptRequest } from './stored-response.ts';

/** The call that a body describes, and what its response repeats. */
export interface PreparedResponse {
  readonly variables: { readonly input: CompletionInput };
  readonly request: RequestFields;
  /** What the response answers. */
  readonly conversation: Conversation;
  readonly isStreamed: boolean;
  readonly isBackground: boolean;
  /** The answer is the summary of the conversation: its one item is of type `compaction`. */
  readonly isCompaction: boolean;
  /** What this handler does not send. */
  readonly dropped: readonly string[];
}

/** The conversation up to the end of a response; undefined: it is not kept there. */
export type FindConversation = (responseId: string) => Conversation | undefined;

/**
 * The items of a body after those of its `previous_response_id`: of the conversations that `find` has, or of a stored response. A new
 * conversation has the id of its first request. Throws WrongField and NamedRefusal.
 */
export async function readConversation(
  call: CallContext,
  body: BodyFields,
  find: FindConversation = () => undefined,
): Promise<Conversation> {
  const previousId = toText(body.previous_response_id, 'previous_response_id');
  const given = readInputItems(body.input);
  const previous =
    previousId === undefined ? undefined : (find(previousId) ?? (await readPrevious(call, previousId)));
  const items = [...(previous?.items ?? []), ...(await resolveReferences(call, given))];
  if (items.length > itemsMax) {
    throw new WrongField(
      'input',
      `continues a conversation to ${items.length} items; ${itemsMax} are allowed.`,
    );
  }
  return { id: previous?.id ?? call.requestId, items };
}

/** Throws WrongField and NamedRefusal for what is wrong in the body, and GraphFailure. */
export async function prepareResponse(
  call: CallContext,
  body: BodyFields,
  { headers, find }: { readonly headers: CallHeaders; readonly find?: FindConversation },
): Promise<PreparedResponse> {
  const { id, items } = await readConversation(call, body, find);
  if (endsWithTrigger(items)) return prepareCompaction(body, { id, items: items.slice(0, -1) }, headers);
  const { input, repeated, isStored, isStreamed, isBackground, dropped } = readResponsesRequest(body, items);
  const conversation = { id: headers.conversationId ?? input.conversationId ?? id, items };
  const hasRule = call.caller.payloadLogging === 'NONE';
  const isToStore = isStored && headers.retention !== 'NONE';
  const kept = isToStore && !hasRule ? writeKeptRequest({ conversation, request: repeated }) : undefined;
  if (isBackground && kept === undefined)
    throw new WrongField(
      'background',
      hasRule
        ? "needs a response that is stored, and your tenant's payloadLogging NONE stores none."
        : 'needs a response that is stored.',
    );
  return {
    variables: {
      input: {
        ...input,
        ...headers,
        conversationId: conversation.id,
        ...(kept === undefined ? {} : { attachment: kept }),
        // The payload rule of the tenant needs no field: with one, a header for the cache would contradict it.
        ...(isToStore && (hasRule || kept !== undefined) ? {} : { retention: 'NONE' as const }),
        allowRestart: false,
      },
    },
    request: kept === undefined ? { ...repeated, store: false } : repeated,
    conversation,
    isStreamed,
    isBackground,
    isCompaction: false,
    dropped: isToStore && kept === undefined ? [...dropped, 'store'] : dropped,
  };
}

/** A response that compacts its conversation: nothing of it is stored. Throws WrongField. */
function prepareCompaction(
  body: BodyFields,
  { id, items }: Conversation,
  headers: CallHeaders,
): PreparedResponse {
  const { repeated, isStreamed, isBackground } = readResponsesRequest(body, items);
  if (isBackground) {
    throw new WrongField('background', 'needs a response that is stored, and a compaction is not.');
  }
  const input = readCompactionCall(body, items);
  return {
    variables: { input: { ...input, ...headers, retention: 'NONE' } },
    request: { ...repeated, store: false },
    // What continues the response has its summary in their place.
    conversation: { id, items: [] },
    isStreamed,
    isBackground,
    isCompaction: true,
    dropped: [],
  };
}
