/** The ways in which the result of an operation can be written. */
export type ResultType = 'application/json' | 'application/graphql-response+json' | 'text/event-stream';

/** The ways in which the results of a subscription can be written. */
export type StreamType = 'text/event-stream' | 'multipart/mixed';

/** What a client accepts and we can write; undefined where there is nothing. */
export interface Accepted {
  readonly result: ResultType | undefined;
  readonly stream: StreamType | undefined;
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
  readonly charset: string | undefined;
  readonly subscriptionSpec: string | undefined;
}

function rangesOf(accept: string): MediaRange[] {
  return accept
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      const parameterOf = (name: string) =>
        parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
      const quality = Number(parameterOf('q') ?? 1);
      return {
        type,
        quality: Number.isNaN(quality) ? 0 : quality,
        charset: parameterOf('charset')?.replaceAll('"', ''),
        subscriptionSpec: parameterOf('subscriptionspec')?.replaceAll('"', ''),
      };
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality);
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
    rangesOf(accept)
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

/** True for a browser that opens the address: it would rather read a page than JSON. */
export function prefersPage(accept: string | undefined): boolean {
  if (accept?.includes('text/html') !== true) return false;
  const first = rangesOf(accept).find(({ type }) => type === 'text/html' || known.has(type));
  return first?.type === 'text/html';
}

/** True when a body of this content type is JSON in UTF-8. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  if (contentType === 'application/json') return true;
  const [range] = rangesOf(contentType.split(',')[0] ?? '');
  return range?.type === 'application/json' && (range.charset === undefined || range.charset === 'utf-8');
}
