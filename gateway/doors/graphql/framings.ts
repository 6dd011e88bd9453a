import type { ResultFraming } from '../../http/stream.ts';

const comment = ':\n\n';

/**
 * Server-sent events in graphql-sse's "distinct connections" mode: `next` for each result, then `complete`. A comment
 * is no event.
 */
export const serverSentEvents: ResultFraming = {
  contentType: 'text/event-stream; charset=utf-8',
  opening: comment,
  next: (result) => `event: next\ndata: ${JSON.stringify(result)}\n\n`,
  keepAlive: comment,
  closing: () => 'event: complete\ndata:\n\n',
};

const boundary = '\r\n--graphql';

/** A client takes a part when it sees the boundary behind it, so that is written with the part, not with the next. */
function toPart(json: string): string {
  return `\r\ncontent-type: application/json\r\n\r\n${json}${boundary}`;
}

/**
 * Apollo's "multipart subscriptions over HTTP", 1.0: a part for each result, an empty one as a sign of life. What has
 * no data is no result of the operation but its end: errors beside a payload of null.
 */
export const multipart: ResultFraming = {
  contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
  opening: boundary,
  next: (result) =>
    toPart(JSON.stringify('data' in result ? { payload: result } : { payload: null, errors: result.errors })),
  keepAlive: toPart('{}'),
  closing: () => '--\r\n',
};
