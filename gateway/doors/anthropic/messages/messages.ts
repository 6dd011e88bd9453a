import { HeddleError } from '#core/errors.ts';
import { readCallJson } from '../../../http/body.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { endJson } from '../../../http/send.ts';
import { sendEvents } from '../../../http/stream.ts';
import { runDeclared } from '../../../operations/run-declared.ts';
import { toFields } from '../../body-fields.ts';
import { readCallHeaders } from '../../call-headers.ts';
import { openCompletion } from '../../completion-events.ts';
import { setCompletionHeaders } from '../../completion-headers.ts';
import { setAnthropicLimitHeaders } from '../../limit-headers.ts';
import { messagesComplete, messagesCount, messagesStream } from '../../operations.generated.ts';
import { readApiVersion } from '../api-version.ts';
import { readSession } from '../session.ts';
import { toMessage } from './messages-answer.ts';
import { MessagesFraming } from './messages-framing.ts';
import { type MessagesHeaders, readCountedRequest, readMessagesRequest } from './messages-request.ts';

/** What the headers state about the body. */
function readContext(exchange: Exchange): MessagesHeaders {
  const beta = exchange.request.headers['anthropic-beta'];
  return { version: readApiVersion(exchange), beta: beta === undefined ? undefined : String(beta) };
}

/** POST /v1/messages/count_tokens. */
export async function answerCount(exchange: Exchange): Promise<void> {
  const fields = toFields(await readCallJson(exchange), '');
  const { input } = readCountedRequest(fields, readContext(exchange));
  const { countTokens } = await runDeclared(exchange, messagesCount, { input });
  // The body has no field for it.
  exchange.response.setHeader('x-heddle-estimated', String(countTokens.isEstimated));
  return endJson(exchange, { input_tokens: countTokens.inputTokens });
}

/** POST /v1/messages. */
export async function answerMessages(exchange: Exchange): Promise<void> {
  const request = readMessagesRequest(toFields(await readCallJson(exchange), ''), readContext(exchange));
  const headers = readCallHeaders(exchange);
  const variables = {
    input: { ...request.input, ...headers, ...readSession(exchange, headers), allowRestart: false },
  };
  if (request.isStreamed) {
    const { events, unread } = await openCompletion(
      exchange,
      messagesStream,
      variables,
      ({ completionStream }) => completionStream,
      { dropped: request.dropped, setLimits: setAnthropicLimitHeaders },
    );
    return sendEvents(exchange, new MessagesFraming(exchange), events, unread);
  }
  const { complete } = await runDeclared(exchange, messagesComplete, variables);
  const { id: completionId, status } = complete;
  const dropped = [...request.dropped, ...complete.dropped];
  setCompletionHeaders(exchange.response, { ...complete, completionId, dropped }, setAnthropicLimitHeaders);
  if (status === 'CANCELLED') throw new HeddleError('CONFLICT', 'The completion was canceled.');
  return endJson(exchange, toMessage(complete));
}
