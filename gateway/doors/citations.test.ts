import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { toChatAnnotation, toMessagesCitation, toResponseAnnotation } from './citations.ts';

const url = 'https://source.test/1';
/** Citations of an address in the form of each vendor. */
const webForms: Readonly<Record<string, unknown>> = {
  'OpenAI chat': {
    type: 'url_citation',
    url_citation: { url, title: 'Source', start_index: 2, end_index: 5 },
  },
  'OpenAI responses': { type: 'url_citation', url, title: 'Source', start_index: 2, end_index: 5 },
  Anthropic: {
    type: 'web_search_result_location',
    url,
    title: 'Source',
    cited_text: 'x',
    encrypted_index: 'e',
  },
  'Gemini citation': { startIndex: 2, endIndex: 5, uri: url, title: 'Source' },
  'Gemini grounding': { web: { uri: url, title: 'Source' } },
  Cohere: {
    start: 2,
    end: 5,
    text: 'x',
    sources: [{ type: 'document', id: 'd', document: { url, title: 'Source' } }],
  },
  Bedrock: { title: 'Source', location: { web: { url, domain: 'source.test' } } },
};
/** Citations of a document that the client sent. */
const documentForms: Readonly<Record<string, unknown>> = {
  Anthropic: {
    type: 'char_location',
    cited_text: 'x',
    document_index: 0,
    document_title: 'Report',
    start_char_index: 2,
    end_char_index: 5,
  },
  Bedrock: { title: 'Report', location: { documentChar: { documentIndex: 0, start: 2, end: 5 } } },
  Cohere: {
    start: 2,
    end: 5,
    text: 'x',
    sources: [{ type: 'document', id: 'd1', document: { title: 'Report' } }],
  },
};

describe('a citation of an address', () => {
  it.each(Object.entries(webForms))(
    'in the form of %s has its address and title in every dialect',
    (name, form) => {
      const place = /OpenAI|citation|Cohere/.test(name) ? [2, 5] : [0, 0];
      const [start_index, end_index] = place;
      const cited = { url, title: 'Source', start_index, end_index };
      expect(toChatAnnotation(form)).toEqual({ type: 'url_citation', url_citation: cited });
      expect(toResponseAnnotation(form)).toEqual({ type: 'url_citation', ...cited });
      expect(toMessagesCitation(form)).toMatchObject({
        type: 'web_search_result_location',
        url,
        title: 'Source',
      });
    },
  );

  it('may be nothing but the address', () => {
    expect(toChatAnnotation(url)).toMatchObject({ url_citation: { url } });
    expect(toResponseAnnotation(url)).toMatchObject({ type: 'url_citation', url });
    expect(toMessagesCitation(url)).toMatchObject({ url });
  });
});

describe('a citation of a document', () => {
  it.each(Object.entries(documentForms))('in the form of %s names it in every dialect', (_name, form) => {
    expect(toChatAnnotation(form)).toEqual({
      type: 'url_citation',
      url_citation: { url: '', title: 'Report', start_index: 2, end_index: 5 },
    });
    expect(toResponseAnnotation(form)).toMatchObject({ type: 'file_citation', filename: 'Report', index: 5 });
    expect(toMessagesCitation(form)).toMatchObject({ type: 'char_location', document_title: 'Report' });
  });
});

it('a citation in the form of the dialect stays as it is', () => {
  const file = { type: 'file_citation', file_id: 'f', filename: 'a', index: 1 };
  expect(toResponseAnnotation(file)).toBe(file);
  const page = { type: 'page_location', cited_text: 'x', start_page_number: 1 };
  expect(toMessagesCitation(page)).toBe(page);
});

it('any JSON as a citation has a form that the official clients accept', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(toChatAnnotation(value)).toMatchObject({ type: 'url_citation' });
      expect(toResponseAnnotation(value)).toHaveProperty('type');
      expect(toMessagesCitation(value)).toHaveProperty('type');
    }),
  );
});
