import { type BodyFields, isFields } from './body-fields.ts';

/** What a citation states, whatever vendor has written it. */
interface Citation {
  /** Null: a document of the request, which has no address. */
  readonly url: string | null;
  readonly title: string;
  /** The text that is cited. */
  readonly text: string;
  /** The place of what it proves in the answer, or of the cited text in its document; 0 where the vendor states none. */
  readonly start: number;
  readonly end: number;
  /** Of the document. */
  readonly id: string;
}

/** Objects in which vendors put the source of a citation, from the outer ones to the inner ones. */
const nests = ['url_citation', 'web', 'retrievedContext', 'maps', 'location', 'documentChar', 'document'];
const depthMax = 3;

/** The citation and what is nested in it: a field counts where it is found first. */
function findSources(citation: BodyFields, depth = 0): readonly BodyFields[] {
  if (depth === depthMax) return [citation];
  const list: unknown = Array.isArray(citation.sources) ? citation.sources[0] : undefined;
  const inner = [list, ...nests.map((name) => citation[name])].filter(isFields);
  return [citation, ...inner.flatMap((one) => findSources(one, depth + 1))];
}

function findText(sources: readonly BodyFields[], names: readonly string[]): string {
  for (const name of names) {
    for (const source of sources) {
      const value = source[name];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return '';
}

function findNumber(sources: readonly BodyFields[], names: readonly string[]): number {
  for (const name of names) {
    for (const source of sources) if (typeof source[name] === 'number') return source[name];
  }
  return 0;
}

function readCitation(value: unknown): Citation {
  if (typeof value === 'string') return { url: value, title: '', text: '', start: 0, end: 0, id: '' };
  const sources = findSources(isFields(value) ? value : {});
  const source = findText(sources, ['source']);
  const url = findText(sources, ['url', 'uri']) || (/^https?:/.test(source) ? source : '');
  return {
    url: url === '' ? null : url,
    title: findText(sources, ['title', 'document_title', 'filename', 'domain']),
    text: findText(sources, ['cited_text', 'text']),
    start: findNumber(sources, ['start_index', 'startIndex', 'start_char_index', 'start']),
    end: findNumber(sources, ['end_index', 'endIndex', 'end_char_index', 'end']),
    id: findText(sources, ['file_id', 'id']) || source,
  };
}

function isOfType(value: unknown, pattern: RegExp): value is BodyFields {
  return isFields(value) && typeof value.type === 'string' && pattern.test(value.type);
}

/** An annotation of chat completions, which have addresses alone: of a document without one, the URL is empty. */
export function toChatAnnotation(value: unknown): object {
  if (isOfType(value, /^url_citation$/) && isFields(value.url_citation)) return value;
  const { url, title, start, end } = readCitation(value);
  return {
    type: 'url_citation',
    url_citation: { url: url ?? '', title, start_index: start, end_index: end },
  };
}

/** An annotation of responses. */
export function toResponseAnnotation(value: unknown): object {
  if (isOfType(value, /^(?:(?:container_)?file_citation|file_path)$/)) return value;
  const { url, title, start, end, id } = readCitation(value);
  return url === null
    ? { type: 'file_citation', file_id: id || title, filename: title, index: end }
    : { type: 'url_citation', url, title, start_index: start, end_index: end };
}

/** A citation of Anthropic's messages. */
export function toMessagesCitation(value: unknown): object {
  if (isOfType(value, /_location$/)) return value;
  const { url, title, text, start, end } = readCitation(value);
  if (url !== null) {
    return { type: 'web_search_result_location', url, title, cited_text: text, encrypted_index: '' };
  }
  return {
    type: 'char_location',
    cited_text: text,
    document_index: 0,
    document_title: title === '' ? null : title,
    start_char_index: start,
    end_char_index: end,
    file_id: null,
  };
}
