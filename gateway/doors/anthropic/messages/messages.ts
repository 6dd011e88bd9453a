import { HeddleError } from '#core/errors.ts';
import { readCallJson } from '../../../http/body.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { endJson } from '../../../http/send.ts';
import { sendEvents } from '../../../http/stream.ts';
import { runDeclared } from '../../../operations/run-declared.ts';
import { readCallHeaders } from '../../call-headers.ts';
import { openCompletion } from '../../completion-events.ts';
import { setCompletionHeaders } from '../../completion-headers.ts';
import { messagesComplete, messagesStream } from '../../operations.generated.ts';
import { readApiVersion } from '../api-version.ts';
import { readSessionTags } from '../session-tags.ts';
import { toMessage } from './messages-answer.ts';
import { MessagesFraming } from './messages-framing.ts';
import { readMessagesRequest } from './messages-request.ts';

/** POST /v1/messages. */
export async function answerMessages(exchange: Exchange): Promise<void> {
  const beta = exchange.request.headers['anthropic-beta'];
  const version = readApiVersion(exchange);
  const request = readMessagesRequest(await readCallJson(exchange), {
    version,
    beta: beta === undefined ? undefined : String(beta),
  });
  const headers = readCallHeaders(exchange);
  const tags = readSessionTags(exchange, headers.tags);
  const variables = { input: { ...request.input, ...headers, ...tags, allowRestart: false } };
  if (request.isStreamed) {
    const { events, unread } = await openCompletion(
      exchange,
      messagesStream,
      variables,
      ({ completionStream }) => completionStream,
      { dropped: request.dropped },
    );
    return sendEvents(exchange, new MessagesFraming(exchange), events, unread);
  }
  const { complete } = await runDeclared(exchange, messagesComplete, variables);
  const { id: completionId, status } = complete;
  setCompletionHeaders(exchange.response, {
    completionId,
    dropped: [...request.dropped, ...complete.dropped],
  });
  if (status === 'CANCELLED') throw new HeddleError('CONFLICT', 'The completion was canceled.');
  return endJson(exchange, toMessage(complete));
}
