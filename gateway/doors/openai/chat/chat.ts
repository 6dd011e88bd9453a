import { readCallJson } from '../../../http/body.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { endJson } from '../../../http/send.ts';
import { sendEvents } from '../../../http/stream.ts';
import { runDeclared } from '../../../operations/run-declared.ts';
import { readCallHeaders } from '../../call-headers.ts';
import { openCompletion, refuseCanceled } from '../../completion-events.ts';
import { setCompletionHeaders } from '../../completion-headers.ts';
import { chatComplete, chatStream } from '../../operations.generated.ts';
import { toChatAnswer } from './chat-answer.ts';
import { ChatFraming } from './chat-chunks.ts';
import { readChatRequest } from './chat-request.ts';

/** POST /v1/chat/completions. */
export async function answerChat(exchange: Exchange): Promise<void> {
  const request = readChatRequest(await readCallJson(exchange));
  const variables = { input: { ...request.input, ...readCallHeaders(exchange), allowRestart: false } };
  if (request.isStreamed) {
    const { events, unread } = await openCompletion(
      exchange,
      chatStream,
      variables,
      ({ completionStream: event }) =>
        request.dropped.length > 0 && event.__typename === 'CompletionStarted'
          ? { ...event, dropped: [...request.dropped, ...event.dropped] }
          : event,
    );
    const createdS = Math.floor(Date.now() / 1000);
    const { includesUsage, customTools } = request;
    const framing = new ChatFraming(exchange, { createdS, includesUsage, customTools });
    return sendEvents(exchange, framing, events, unread);
  }
  const { complete } = await runDeclared(exchange, chatComplete, variables);
  refuseCanceled(complete);
  setCompletionHeaders(exchange.response, {
    completionId: complete.id,
    dropped: [...request.dropped, ...complete.dropped],
    limits: complete.limits,
    guardrailVerdicts: complete.guardrailVerdicts,
  });
  return endJson(exchange, toChatAnswer(complete, request.customTools));
}
