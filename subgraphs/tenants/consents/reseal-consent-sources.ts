import type { Connection } from 'mongoose';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { openConsentSourceSecret, sealConsentSourceSecret } from '#mongo/consent-source-secret.ts';
import { tenants } from '#mongo/tenants.ts';

/** Seals the secrets of consent sources with the present keys of their tenants. Those that no key at hand opens stay as they are; their data keys are added to `left`. */
export async function resealConsentSources(
  connection: Connection,
  boxes: OwnerBoxes,
  left = new Set<string>(),
): Promise<{ readonly resealed: number; readonly unreadable: number }> {
  const records = tenants(connection);
  let [resealed, unreadable] = [0, 0];
  const having = { consentSource: { $ne: null } };
  for (const { _id: tenantId, consentSource } of await records.find(having, { consentSource: 1 }).lean()) {
    if (consentSource == null) continue;
    const { url, secret: sealed } = consentSource;
    if ((await boxes.of(tenantId)).isCurrent(sealed)) continue;
    const place = { tenantId, url };
    const secret = await openConsentSourceSecret(sealed, place, boxes);
    if (secret === undefined) {
      unreadable += 1;
      addDataKeyId(left, sealed);
      continue;
    }
    // Whoever has saved another secret meanwhile has the last word.
    const same = { _id: tenantId, 'consentSource.secret': sealed };
    const change = {
      $set: { 'consentSource.secret': await sealConsentSourceSecret(secret, place, boxes) },
    };
    resealed += (await records.updateOne(same, change)).modifiedCount;
  }
  return { resealed, unreadable };
}
