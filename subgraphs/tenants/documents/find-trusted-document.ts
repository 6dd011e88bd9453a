import type { Connection } from 'mongoose';
import { trustedDocuments } from '#mongo/trusted-documents.ts';

const hashPattern = /^(?:sha256:)?([0-9a-f]{64})$/;

/** The text of a document of the tenant, or else of the mesh, by its id or its SHA-256; null when there is none. */
export async function findTrustedDocument(
  tenantId: string | null,
  name: string,
  connection: Connection,
): Promise<string | null> {
  const owners = { tenantId: { $in: tenantId === null ? [null] : [tenantId, null] } };
  const sha256 = hashPattern.exec(name)?.[1];
  const found = await trustedDocuments(connection)
    .find(sha256 === undefined ? { ...owners, documentId: name } : { ...owners, sha256 }, { body: 1 })
    .sort({ tenantId: -1 })
    .limit(1)
    .lean();
  return found[0]?.body ?? null;
}
