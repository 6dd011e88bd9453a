import type { Framing } from '../../http/stream.ts';

const comment = ':\n\n';

/**
 * Server-sent events in graphql-sse's "distinct connections" mode: `next` for each result, then `complete`. A comment
 * is no event.
 */
export const serverSentEvents: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  opening: comment,
  next: (result) => `event: next\ndata: ${JSON.stringify(result)}\n\n`,
  keepAlive: comment,
  closing: 'event: complete\ndata:\n\n',
};
