import { hash } from 'node:crypto';
import { hasScope } from '#core/caller.ts';
import { noRoomFor } from '#core/count-limits.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput, checkedText } from '#core/input.ts';
import { type TrustedDocumentRecord, trustedDocuments } from '#mongo/trusted-documents.ts';
import { readCountMax } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { TrustedDocumentInput, TrustedDocumentsInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner, withTenant } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';
import { documentsChanged } from './documents-changed.ts';

const pageMax = 100;
const bodyCharactersMax = 128 * 1024;
const nameCharactersMax = 200;

/** What a push has done. */
export interface SavedDocuments {
  readonly saved: number;
  readonly unchanged: number;
}

/** Stands for the tenant of the mesh's documents in locks. */
const meshOwner = '';

/**
 * Adds documents to those that clients of a tenant, or of every tenant, may use; what is there already stays as it is.
 * FORBIDDEN for the mesh's to who lacks tenants:admin; CONFLICT where an id has another text, and where there is no room.
 */
export async function saveTrustedDocuments(
  input: TrustedDocumentsInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<SavedDocuments> {
  const tenantId = await findOwner(input, context);
  const client = checkedText(input.client ?? 'default', 'input.client');
  if (input.documents.length > pageMax) {
    badInput('input.documents', `must not have more than ${pageMax} items; push them in pages.`);
  }
  const createdAt = readNow(deps);
  const wanted = input.documents.map(
    (document, at): TrustedDocumentRecord => ({
      ...checkedDocument(document, `input.documents[${at}]`),
      _id: randomId(),
      tenantId,
      client,
      createdAt,
    }),
  );
  const target = { tenantId, type: 'TrustedDocument', id: client };
  await context.auditTarget(target);
  const added = await withOwner(tenantId, deps, () => addMissing(tenantId, client, wanted, deps));
  if (added.length === 0) context.unchanged();
  else {
    context.audit({ ...target, after: { client, documents: added.map(({ documentId }) => documentId) } });
    await documentsChanged(deps, tenantId);
  }
  return { saved: added.length, unchanged: wanted.length - added.length };
}

async function findOwner(
  { tenantId, forMesh }: TrustedDocumentsInput,
  context: TenantsContext,
): Promise<string | null> {
  if (forMesh !== true) return findTenantId(tenantId, context);
  if (tenantId != null) badInput('input.forMesh', 'and tenantId cannot both be set: send one of them.');
  if (!hasScope(context.caller, 'tenants:admin')) {
    throw new HeddleError('FORBIDDEN', 'Documents of the mesh require the scope tenants:admin.');
  }
  return null;
}

function withOwner<T>(tenantId: string | null, deps: TenantsDeps, run: () => Promise<T>): Promise<T> {
  return tenantId === null ? withTenant(meshOwner, deps, run) : withLiveOwner({ tenantId }, deps, run);
}

function checkedDocument(
  { id, name, body }: TrustedDocumentInput,
  field: string,
): Pick<TrustedDocumentRecord, 'documentId' | 'sha256' | 'name' | 'body'> {
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) {
    badInput(`${field}.id`, 'must be 1 to 200 printable ASCII characters without spaces.');
  }
  if (body.length > bodyCharactersMax) {
    badInput(`${field}.body`, `must not be longer than ${bodyCharactersMax} characters.`);
  }
  if (body.trim() === '') badInput(`${field}.body`, 'must not be empty.');
  const sha256 = hash('sha256', body, 'hex');
  if (/^[0-9a-f]{64}$/i.test(id) && id !== sha256) {
    badInput(`${field}.id`, 'has the form of a SHA-256, but is not that of the body.');
  }
  const checkedName = name == null ? null : checkedText(name, `${field}.name`, nameCharactersMax);
  return { documentId: id, sha256, name: checkedName, body };
}

/** The documents that were added. For whoever holds the owner's lock. */
async function addMissing(
  tenantId: string | null,
  client: string,
  wanted: readonly TrustedDocumentRecord[],
  deps: TenantsDeps,
): Promise<readonly TrustedDocumentRecord[]> {
  const records = trustedDocuments(deps.connection);
  const documentId = { $in: wanted.map((document) => document.documentId) };
  const stored = await records.find({ tenantId, documentId }, { documentId: 1, client: 1, sha256: 1 }).lean();
  const hashes = new Map(stored.map((document) => [document.documentId, document.sha256]));
  const present = new Set(
    stored.filter((document) => document.client === client).map((document) => document.documentId),
  );
  const missing: TrustedDocumentRecord[] = [];
  for (const document of wanted) {
    const known = hashes.get(document.documentId);
    if (known !== undefined && known !== document.sha256) {
      throw new HeddleError(
        'CONFLICT',
        `The id ${JSON.stringify(document.documentId)} has another text already: delete that document first, or choose another id.`,
      );
    }
    hashes.set(document.documentId, document.sha256);
    if (present.has(document.documentId)) continue;
    present.add(document.documentId);
    missing.push(document);
  }
  if (missing.length === 0) return [];
  const max = readCountMax(deps, 'trustedDocumentsPerTenant');
  if ((await records.countDocuments({ tenantId })) + missing.length > max) {
    throw noRoomFor('trustedDocumentsPerTenant', max);
  }
  await records.insertMany(missing);
  return missing;
}
