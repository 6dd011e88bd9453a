import type { Exchange } from '../../http/exchange.ts';
import { sendEvents } from '../../http/stream.ts';
import { subscribeDeclared } from '../../operations/run-declared.ts';
import { type ResponseCompletionFragment, responsesResume } from '../operations.generated.ts';
import { type ResponseEvent, ResponseFraming } from './response-events.ts';
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
  const { events: results, unread } = await subscribeDeclared(exchange, responsesResume, { id, after: 0 });
  const events: AsyncIterableIterator<ResponseEvent> = {
    next: async () => {
      const result = await results.next();
      return result.done === true
        ? { done: true, value: undefined }
        : { done: false, value: result.value.resumeCompletion };
    },
    return: async () => {
      await results.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const framing = new ResponseFraming(exchange, {
    createdS: Math.floor(Date.parse(createdAt) / 1000),
    request,
    started: { completionId: id, model: model.id },
    ...(after === undefined ? {} : { after }),
  });
  return sendEvents(exchange, framing, events, unread);
}
