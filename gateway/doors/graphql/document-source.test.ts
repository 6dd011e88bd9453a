import { describe, expect, it } from 'vitest';
import { readDocumentSource } from './document-source.ts';

const sha256 = 'a'.repeat(64);

describe('the document of a request is named', () => {
  it.each([
    ['by its text', { query: '{ me { id } }' }, { query: '{ me { id } }' }],
    [
      'by the hash of Apollo',
      { extensions: { persistedQuery: { version: 1, sha256Hash: sha256 } } },
      { hash: sha256 },
    ],
    [
      'by text and hash, to have it kept',
      { query: '{ a }', extensions: { persistedQuery: { version: 1, sha256Hash: sha256 } } },
      { query: '{ a }', hash: sha256 },
    ],
    [
      'by an empty text and a hash, over a WebSocket',
      { query: '', extensions: { persistedQuery: { sha256Hash: 'x' } } },
      { hash: 'x' },
    ],
    ['by a documentId with its algorithm', { documentId: `sha256:${sha256}` }, { id: `sha256:${sha256}` }],
    ['by a documentId', { query: null, documentId: 'getUser' }, { id: 'getUser' }],
    ["by Relay's doc_id", { doc_id: '42' }, { id: '42' }],
    ["by Relay's id beside a null text", { id: '42', query: null }, { id: '42' }],
    [
      'by its text, whatever id a client adds',
      { query: '{ a }', id: '42', doc_id: null },
      { query: '{ a }' },
    ],
  ])('%s', (_how, raw, source) => {
    expect(readDocumentSource(raw)).toEqual(source);
  });

  it.each([
    [{}, 'The query is missing.'],
    [{ query: null }, 'The query is missing.'],
    [{ query: '' }, 'The query is missing.'],
    [{ query: 7 }, 'query must be a text.'],
    [{ documentId: 7 }, 'documentId must be a text of 1 to 200 characters.'],
    [{ doc_id: 'x'.repeat(201) }, 'doc_id must be a text of 1 to 200 characters.'],
    [{ id: '' }, 'id must be a text of 1 to 200 characters.'],
    [{ query: '{ a }', documentId: 'b' }, 'Send either query or documentId.'],
    [
      { extensions: { persistedQuery: 'x' } },
      'extensions.persistedQuery must be an object with a sha256Hash.',
    ],
    [
      { extensions: { persistedQuery: {} } },
      'extensions.persistedQuery must be an object with a sha256Hash.',
    ],
    [
      { extensions: { persistedQuery: { version: 2, sha256Hash: 'x' } } },
      'extensions.persistedQuery must have version 1.',
    ],
    [
      { extensions: { persistedQuery: { sha256Hash: 'x'.repeat(201) } } },
      'extensions.persistedQuery.sha256Hash must be a text of 1 to 200 characters.',
    ],
  ])('%j is refused', (raw, message) => {
    expect(() => readDocumentSource(raw)).toThrow(message);
  });
});
