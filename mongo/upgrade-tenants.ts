import type { Connection } from 'mongoose';
import { isDuplicateKey } from '#core/input.ts';
import { toLookAlikeKey } from '#core/text/look-alike.ts';
import { tenants } from './tenants.ts';

/**
 * Brings the tenants of older versions up to date, after the indexes are built: their names are found by names that look the same. Of
 * several that look the same already, one is found. Done again it changes nothing.
 */
export async function upgradeTenants(connection: Connection): Promise<void> {
  const records = tenants(connection);
  const older = records.find({ nameKey: null, archivedAt: null }, { name: 1 }).sort({ createdAt: 1, _id: 1 });
  for (const { _id, name } of await older.lean()) {
    try {
      const asRead = { _id, name, nameKey: null, archivedAt: null };
      await records.updateOne(asRead, { $set: { nameKey: toLookAlikeKey(name) } });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
}
