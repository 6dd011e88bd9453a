import type { CheckedDocument } from './check-documents.ts';

/** Documents and characters of one push: well below the bounds of the mutation and of a body. */
const documentsMax = 100;
const charactersMax = 256 * 1024;

/** The documents in pages that can be pushed in one request each. */
export function splitPages(documents: readonly CheckedDocument[]): readonly (readonly CheckedDocument[])[] {
  const pages: CheckedDocument[][] = [];
  let characters = 0;
  for (const document of documents) {
    const page = pages.at(-1);
    characters += document.body.length;
    if (page === undefined || page.length >= documentsMax || characters > charactersMax) {
      pages.push([document]);
      characters = document.body.length;
    } else page.push(document);
  }
  return pages;
}
