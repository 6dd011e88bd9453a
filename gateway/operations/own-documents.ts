import { computeDocumentHash } from '../document/automatic-documents.ts';

/** Pushes a page of trusted documents: an operation of `heddle operations`. */
export const pushDocuments = `mutation PushDocuments($input: TrustedDocumentsInput!) {
  saveTrustedDocuments(input: $input) { saved unchanged }
}`;

/** Sets the mode of an app: an operation of `heddle operations`. */
export const setDocumentsMode = `mutation SetDocumentsMode($appId: ID!, $mode: TrustedDocumentsMode) {
  updateApp(id: $appId, input: { trustedDocuments: $mode }) { id trustedDocuments }
}`;

/** SHA-256 of the documents that are trusted in every mode: without them a mesh that enforces could not be configured. */
export const ownDocumentHashes: ReadonlySet<string> = new Set(
  [pushDocuments, setDocumentsMode].map(computeDocumentHash),
);
