import { readCallJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { endJson } from '../../http/send.ts';
import { sendEvents } from '../../http/stream.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import { toFields } from '../body-fields.ts';
import { readCallHeaders } from '../call-headers.ts';
import { openCompletion } from '../completion-events.ts';
import { setCompletionHeaders } from '../completion-headers.ts';
import {
  type ResponsesCompleteMutation,
  responsesComplete,
  responsesStart,
  responsesStream,
} from '../operations.generated.ts';
import { toCompactedOutput } from './compact/compaction-item.ts';
import { followResponse } from './follow-response.ts';
import { prepareResponse } from './prepare-response.ts';
import { type ResponseEvent, ResponseFraming } from './response-events.ts';
import { toStoredResponse } from './response-object.ts';

/** POST /v1/responses. */
export async function createResponse(exchange: Exchange): Promise<void> {
  const body = toFields(await readCallJson(exchange), '');
  const headers = readCallHeaders(exchange);
  const prepared = await prepareResponse(exchange, body, { headers });
  const { variables, request, isStreamed, isBackground, isCompaction, dropped } = prepared;
  const setHeaders = (completion: ResponsesCompleteMutation['complete']) =>
    setCompletionHeaders(exchange.response, {
      ...completion,
      completionId: completion.id,
      dropped: [...dropped, ...completion.dropped],
    });
  if (isBackground) {
    const { startCompletion } = await runDeclared(exchange, responsesStart, variables);
    setHeaders(startCompletion);
    if (isStreamed) return followResponse(exchange, startCompletion, { request });
    return endJson(exchange, toStoredResponse(exchange, startCompletion, request));
  }
  if (isStreamed) {
    const readEvent = ({ completionStream: event }: { readonly completionStream: ResponseEvent }) =>
      event.__typename === 'CompletionStarted'
        ? { ...event, dropped: [...dropped, ...event.dropped] }
        : event;
    const { events, unread } = await openCompletion(exchange, responsesStream, variables, readEvent);
    const createdS = Math.floor(Date.now() / 1000);
    const framing = new ResponseFraming(exchange, { createdS, request, isCompaction });
    return sendEvents(exchange, framing, events, unread);
  }
  const { complete } = await runDeclared(exchange, responsesComplete, variables);
  setHeaders(complete);
  const output = isCompaction ? toCompactedOutput(complete) : undefined;
  return endJson(exchange, toStoredResponse(exchange, complete, request, output));
}
