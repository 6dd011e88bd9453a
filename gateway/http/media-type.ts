/** One range of an Accept header, or one media type, with the parameters that matter. */
export interface MediaRange {
  readonly type: string;
  readonly quality: number;
  readonly charset: string | undefined;
  readonly subscriptionSpec: string | undefined;
}

/** The ranges that a header accepts, the best first. */
export function parseAccept(accept: string): MediaRange[] {
  return accept
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      const readParameter = (name: string) =>
        parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
      const quality = Number(readParameter('q') ?? 1);
      return {
        type,
        quality: Number.isNaN(quality) ? 0 : quality,
        charset: readParameter('charset')?.replaceAll('"', ''),
        subscriptionSpec: readParameter('subscriptionspec')?.replaceAll('"', ''),
      };
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

/** A page, and what the answers of the gateway are otherwise. */
const pageOrData: ReadonlySet<string> = new Set([
  'text/html',
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'application/*',
  '*/*',
]);

/** True for a browser that opens the address: it would rather read a page than JSON. */
export function prefersPage(accept: string | undefined): boolean {
  if (accept?.includes('text/html') !== true) return false;
  const first = parseAccept(accept).find(({ type }) => pageOrData.has(type));
  return first?.type === 'text/html';
}

/** Events, and what else an answer that could be streamed is. */
const eventsOrData: ReadonlySet<string> = new Set([
  'text/event-stream',
  'application/json',
  'application/*',
  '*/*',
]);

/** True where events are accepted, and preferred to one answer as JSON. */
export function prefersEventStream(accept: string | undefined): boolean {
  if (accept?.includes('text/event-stream') !== true) return false;
  return parseAccept(accept).find(({ type }) => eventsOrData.has(type))?.type === 'text/event-stream';
}

/** True when a body of this content type is JSON in UTF-8; of a protocol with a type of its own also under that name. */
export function isJson(contentType: string | undefined, ownType?: string): boolean {
  if (contentType === undefined) return false;
  if (contentType === 'application/json') return true;
  const [range] = parseAccept(contentType.split(',')[0] ?? '');
  if (range === undefined || (range.type !== 'application/json' && range.type !== ownType)) return false;
  return range.charset === undefined || range.charset === 'utf-8';
}
