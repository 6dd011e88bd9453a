import { readCallJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { endJson } from '../../http/send.ts';
import { sendEvents } from '../../http/stream.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import { toFields, toText, WrongField } from '../body-fields.ts';
import { readCallHeaders } from '../call-headers.ts';
import { openCompletion } from '../completion-events.ts';
import { setCompletionHeaders } from '../completion-headers.ts';
import {
  type ResponsesCompleteMutation,
  responsesComplete,
  responsesStart,
  responsesStream,
} from '../operations.generated.ts';
import { followResponse } from './follow-response.ts';
import { readInputItems } from './input-items.ts';
import { type ResponseEvent, ResponseFraming } from './response-events.ts';
import { toStoredResponse } from './response-object.ts';
import { readResponsesRequest } from './responses-request.ts';
import { readPreviousItems, resolveReferences, writeKeptRequest } from './stored-response.ts';

/** POST /v1/responses. */
export async function createResponse(exchange: Exchange): Promise<void> {
  const body = toFields(await readCallJson(exchange), '');
  const previousId = toText(body.previous_response_id, 'previous_response_id');
  const given = readInputItems(body.input);
  const items = [
    ...(await readPreviousItems(exchange, previousId)),
    ...(await resolveReferences(exchange, given)),
  ];
  const { input, repeated, isStored, isStreamed, isBackground, dropped } = readResponsesRequest(body, items);
  const headers = readCallHeaders(exchange);
  const mayStore = isStored && headers.retention !== 'NONE';
  const kept = mayStore ? writeKeptRequest({ items, request: repeated }) : undefined;
  const isTooLong = mayStore && kept === undefined;
  if (isBackground && kept === undefined)
    throw new WrongField('background', 'needs a response that is stored.');
  const request = kept === undefined ? { ...repeated, store: false } : repeated;
  const own = isTooLong ? [...dropped, 'store'] : dropped;
  const variables = {
    input: {
      ...input,
      ...headers,
      ...(kept === undefined ? { retention: 'NONE' as const } : { attachment: kept }),
      allowRestart: false,
    },
  };
  const setHeaders = ({ id, dropped: more, limits }: ResponsesCompleteMutation['complete']) =>
    setCompletionHeaders(exchange.response, { completionId: id, dropped: [...own, ...more], limits });
  if (isBackground) {
    const { startCompletion } = await runDeclared(exchange, responsesStart, variables);
    setHeaders(startCompletion);
    if (isStreamed) return followResponse(exchange, startCompletion, { request });
    return endJson(exchange, toStoredResponse(exchange, startCompletion, request));
  }
  if (isStreamed) {
    const readEvent = ({ completionStream: event }: { readonly completionStream: ResponseEvent }) =>
      event.__typename === 'CompletionStarted' ? { ...event, dropped: [...own, ...event.dropped] } : event;
    const { events, unread } = await openCompletion(exchange, responsesStream, variables, readEvent);
    const createdS = Math.floor(Date.now() / 1000);
    return sendEvents(exchange, new ResponseFraming(exchange, { createdS, request }), events, unread);
  }
  const { complete } = await runDeclared(exchange, responsesComplete, variables);
  setHeaders(complete);
  return endJson(exchange, toStoredResponse(exchange, complete, request));
}
