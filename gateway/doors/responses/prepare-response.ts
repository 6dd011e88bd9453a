import type { CallContext } from '../../operations/run-declared.ts';
import { type BodyFields, toText, WrongField } from '../body-fields.ts';
import type { CallHeaders } from '../call-headers.ts';
import type { CompletionInput } from '../operations.generated.ts';
import { endsWithTrigger, readCompactionCall } from './compact/compaction-call.ts';
import { itemsMax, readInputItems } from './input-items.ts';
import type { RequestFields } from './response-object.ts';
import { readResponsesRequest } from './responses-request.ts';
import { readPreviousItems, resolveReferences, writeKeptRequest } from './stored-response.ts';

/** The call that a body describes, and what its response repeats. */
export interface PreparedResponse {
  readonly variables: { readonly input: CompletionInput };
  readonly request: RequestFields;
  /** The whole conversation that the response answers. */
  readonly items: readonly BodyFields[];
  readonly isStreamed: boolean;
  readonly isBackground: boolean;
  /** The answer is the summary of the conversation: its one item is of type `compaction`. */
  readonly isCompaction: boolean;
  /** What this handler does not send. */
  readonly dropped: readonly string[];
}

/** The conversation up to the end of a response; undefined: it is not kept there. */
export type FindConversation = (responseId: string) => readonly BodyFields[] | undefined;

/**
 * The items of a body after those of its `previous_response_id`: of the conversations that `find` has, or of a stored response.
 * Throws WrongField and NamedRefusal.
 */
export async function readConversation(
  call: CallContext,
  body: BodyFields,
  find: FindConversation = () => undefined,
): Promise<readonly BodyFields[]> {
  const previousId = toText(body.previous_response_id, 'previous_response_id');
  const given = readInputItems(body.input);
  const previous =
    previousId === undefined ? [] : (find(previousId) ?? (await readPreviousItems(call, previousId)));
  const items = [...previous, ...(await resolveReferences(call, given))];
  if (items.length > itemsMax) {
    throw new WrongField(
      'input',
      `continues a conversation to ${items.length} items; ${itemsMax} are allowed.`,
    );
  }
  return items;
}

/** Throws WrongField and NamedRefusal for what is wrong in the body, and GraphFailure. */
export async function prepareResponse(
  call: CallContext,
  body: BodyFields,
  { headers, find }: { readonly headers: CallHeaders; readonly find?: FindConversation },
): Promise<PreparedResponse> {
  const items = await readConversation(call, body, find);
  if (endsWithTrigger(items)) return prepareCompaction(body, items.slice(0, -1), headers);
  const { input, repeated, isStored, isStreamed, isBackground, dropped } = readResponsesRequest(body, items);
  const hasRule = call.caller.payloadLogging === 'NONE';
  const isToStore = isStored && headers.retention !== 'NONE';
  const kept = isToStore && !hasRule ? writeKeptRequest({ items, request: repeated }) : undefined;
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
        ...(kept === undefined ? {} : { attachment: kept }),
        // The payload rule of the tenant needs no field: with one, a header for the cache would contradict it.
        ...(isToStore && (hasRule || kept !== undefined) ? {} : { retention: 'NONE' as const }),
        allowRestart: false,
      },
    },
    request: kept === undefined ? { ...repeated, store: false } : repeated,
    items,
    isStreamed,
    isBackground,
    isCompaction: false,
    dropped: isToStore && kept === undefined ? [...dropped, 'store'] : dropped,
  };
}

/** A response that compacts its conversation: nothing of it is stored. Throws WrongField. */
function prepareCompaction(
  body: BodyFields,
  items: readonly BodyFields[],
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
    items: [],
    isStreamed,
    isBackground,
    isCompaction: true,
    dropped: [],
  };
}
