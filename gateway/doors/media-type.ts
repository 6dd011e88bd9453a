/** The ways in which an answer can be written. */
export type AnswerType = 'application/json' | 'application/graphql-response+json' | 'text/event-stream';

interface MediaRange {
  readonly type: string;
  readonly quality: number;
  readonly charset: string | undefined;
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
      };
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

const answers: Readonly<Record<string, AnswerType>> = {
  'application/json': 'application/json',
  'application/graphql-response+json': 'application/graphql-response+json',
  'text/event-stream': 'text/event-stream',
  'application/*': 'application/json',
  '*/*': 'application/json',
};

const common = new Map<string, AnswerType>(Object.entries(answers));

/** The first kind of answer that the client accepts and we can write; undefined when there is none. */
export function negotiateAnswer(accept: string | undefined): AnswerType | undefined {
  if (accept === undefined || accept === '') return 'application/json';
  const known = common.get(accept);
  if (known !== undefined) return known;
  for (const { type, charset } of rangesOf(accept)) {
    const answer = Object.hasOwn(answers, type) ? answers[type] : undefined;
    if (answer !== undefined && (charset === undefined || charset === 'utf-8')) return answer;
  }
  return undefined;
}

/** True for a browser that opens the address: it would rather read a page than JSON. */
export function prefersPage(accept: string | undefined): boolean {
  if (accept?.includes('text/html') !== true) return false;
  const first = rangesOf(accept).find(({ type }) => type === 'text/html' || Object.hasOwn(answers, type));
  return first?.type === 'text/html';
}

/** True when a body of this content type is JSON in UTF-8. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  if (contentType === 'application/json') return true;
  const [range] = rangesOf(contentType.split(',')[0] ?? '');
  return range?.type === 'application/json' && (range.charset === undefined || range.charset === 'utf-8');
}
