import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { firstIssuerId } from './issuers.ts';
import { members } from './members.ts';

/** Of versions in which a subject was one member of a tenant, whichever issuer vouched for it. */
const formerIndex = 'tenantId_1_subject_1';

/**
 * Brings the members of older versions up to date, after the indexes are built: those without an issuer belong to the first one, and
 * the index goes that allowed one issuer for a subject. Done again it changes nothing.
 */
export async function upgradeMembers(connection: Connection): Promise<void> {
  const records = members(connection);
  try {
    await records.updateMany({ issuerId: null }, { $set: { issuerId: firstIssuerId } });
  } catch (error) {
    // A process of an older version has made one that is there already: both forms are read as the same member.
    if (!isDuplicateKey(error)) throw error;
  }
  const indexes = await records.collection.indexes();
  if (!indexes.some(({ name }) => name === formerIndex)) return;
  try {
    await records.collection.dropIndex(formerIndex);
  } catch (error) {
    // Another process was first.
    if (!(error instanceof Error && 'code' in error && error.code === indexNotFound)) throw error;
  }
}

const indexNotFound = 27;
