import { defineCollection } from './collection.ts';

/** A document that clients of a tenant, or of every tenant, may send and name. Never changed: pushed and deleted. */
export interface TrustedDocumentRecord {
  _id: string;
  /** Null: of the mesh, for the clients of every tenant. */
  tenantId: string | null;
  /** The client that it was pushed for. */
  client: string;
  /** Its id in the manifest of the client. One id has one text in a tenant, whatever the client. */
  documentId: string;
  /** SHA-256 of the text, in hex. */
  sha256: string;
  /** The name of the operation; null: it has none. */
  name: string | null;
  body: string;
  createdAt: Date;
}

const text = { type: String, required: true };

export const trustedDocuments = defineCollection<TrustedDocumentRecord>(
  'trustedDocuments',
  {
    _id: text,
    tenantId: { type: String, default: null },
    client: text,
    documentId: text,
    sha256: text,
    name: { type: String, default: null },
    body: text,
    createdAt: { type: Date, required: true },
  },
  [
    [{ tenantId: 1, documentId: 1, client: 1 }, { unique: true }],
    [{ tenantId: 1, sha256: 1 }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
  ],
);
