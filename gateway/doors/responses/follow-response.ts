import type { Exchange } from '../../http/exchange.ts';
import { sendEvents } from '../../http/stream.ts';
import { subscribeDeclared } from '../../operations/run-declared.ts';
import { type ResponseCompletionFragment, responsesResume } from '../operations.generated.ts';
import { ResponseFraming } from './response-events.ts';
import type { RequestFields } from './response-object.ts';

/**
 * Sends the events of a response in progress, or of one that has ended, after the event number `after`. All events of the
 * completion are read, so that each has the number that it had; those that the client has are not sent again.
 */
export async function followResponse(
  exchange: Exchange,
  { id, createdAt, model }: ResponseCompletionFragment,
  { request, after }: { readonly request: RequestFields; readonly after?: number },
): Promise<void> {
  // After the first event: where the single ones are lost, that is stated only to those who have one.
  const variables = { id, after: 0 };
  const { events, unread } = await subscribeDeclared(exchange, responsesResume, variables, {
    event: ({ resumeCompletion }) => resumeCompletion,
  });
  const framing = new ResponseFraming(exchange, {
    createdS: Math.floor(Date.parse(createdAt) / 1000),
    request,
    started: { completionId: id, model: model.id },
    ...(after === undefined ? {} : { after }),
  });
  return sendEvents(exchange, framing, events, unread);
}
