import { type MediaRange, parseAccept } from '../../http/media-type.ts';

/** The ways in which the result of an operation can be written. */
export type ResultType = 'application/json' | 'application/graphql-response+json' | 'text/event-stream';

/** The ways in which the results of a subscription can be written. */
export type StreamType = 'text/event-stream' | 'multipart/mixed';

/** What a client accepts and we can write; undefined where there is nothing. */
export interface Accepted {
  readonly result: ResultType | undefined;
  readonly stream: StreamType | undefined;
}

const json: Accepted = { result: 'application/json', stream: undefined };

const known: ReadonlyMap<string, Accepted> = new Map<string, Accepted>([
  ['application/json', json],
  ['application/graphql-response+json', { result: 'application/graphql-response+json', stream: undefined }],
  ['text/event-stream', { result: 'text/event-stream', stream: 'text/event-stream' }],
  ['application/*', json],
  ['*/*', json],
]);

const nothing: Accepted = { result: undefined, stream: undefined };

/** What one range accepts; parts are for those who name the protocol of subscriptions, as `@defer` has parts too. */
function acceptedBy({ type, charset, subscriptionSpec }: MediaRange): Accepted {
  if (type === 'multipart/mixed' && subscriptionSpec === '1.0') {
    return { result: undefined, stream: 'multipart/mixed' };
  }
  return charset === undefined || charset === 'utf-8' ? (known.get(type) ?? nothing) : nothing;
}

/** What the client accepts, the first of each kind where it accepts several. */
export function negotiateAnswer(accept: string | undefined): Accepted {
  if (accept === undefined || accept === '') return json;
  return (
    known.get(accept) ??
    parseAccept(accept)
      .map(acceptedBy)
      .reduce(
        (first, next) => ({
          result: first.result ?? next.result,
          stream: first.stream ?? next.stream,
        }),
        nothing,
      )
  );
}
