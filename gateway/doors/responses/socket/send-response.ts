import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallContext, subscribeDeclared } from '../../../operations/run-declared.ts';
import { responsesStream } from '../../operations.generated.ts';
import type { PreparedResponse } from '../prepare-response.ts';
import { ResponseFraming } from '../response-events.ts';
import type { ResponseState } from '../response-object.ts';

/** Events written in a row before others have their turn. */
const eventsInARowMax = 64;

/** Where the events of a response are sent to. */
export interface EventTarget {
  /** Resolves, where the client reads slowly, when it has taken them. */
  send(events: string): Promise<void> | undefined;
  /** The client leaves too much unread: it is cut off. */
  cutOff(): void;
}

/**
 * Runs a response and sends its events; resolves with its end, or with undefined where the client has left. Throws what is
 * refused before the first event; what fails later is the last event.
 */
export async function sendResponse(
  call: CallContext,
  { variables, request, isCompaction }: PreparedResponse,
  target: EventTarget,
): Promise<ResponseState | undefined> {
  const { signal } = call;
  const { events, unread } = await subscribeDeclared(call, responsesStream, variables, {
    event: ({ completionStream }) => completionStream,
  });
  const createdS = Math.floor(Date.now() / 1000);
  const framing = new ResponseFraming(call, { createdS, request, isCompaction, isOneEnd: true });
  const send = async (text: string) => {
    const release = unread.hold(text.length);
    await target.send(text);
    release?.();
  };
  // After the listeners of this signal, as for streams over HTTP.
  // Any error: the client has left, and receives nothing more.
  const leave = () => queueMicrotask(() => events.return().catch(() => undefined));
  signal.addEventListener('abort', leave, { once: true });
  try {
    let count = 0;
    let result = await events.next();
    for (; result.done !== true; result = await events.next()) {
      if (signal.aborted) break;
      if (unread.isTooMuch) {
        target.cutOff();
        return undefined;
      }
      const text = framing.next(events.read(result.value));
      if (text !== '') await send(text);
      if (++count % eventsInARowMax === 0) await nextTurn();
    }
    if (result.done === true) events.end();
    await send(signal.aborted ? framing.failed(signal.reason) : framing.closing());
  } catch (error) {
    if (!framing.hasBegun) throw error;
    await send(framing.failed(error));
  } finally {
    signal.removeEventListener('abort', leave);
    await events.return();
  }
  return framing.ended;
}
