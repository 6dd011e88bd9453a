import type { Connection } from 'mongoose';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import { meshOwner, type OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { type GuardrailRuleRecord, guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { openRuleSecrets, sealRuleSecrets } from '#mongo/guardrail-secrets.ts';
import { toSecretPlace } from './rule-secrets.ts';

/**
 * Seals the secret options of the rules of all policies and of their versions with the present keys of their owners. Those that no key at hand opens stay as they are;
 * their data keys are added to `left`. A policy that is saved meanwhile is looked at again.
 */
export async function resealRuleSecrets(
  connection: Connection,
  boxes: OwnerBoxes,
  left = new Set<string>(),
): Promise<{ readonly resealed: number; readonly unreadable: number }> {
  const records = guardrailPolicies(connection);
  let [resealed, unreadable] = [0, 0];
  const reseal = async (
    policyId: string,
    tenantId: string | null,
    rules: readonly GuardrailRuleRecord[],
  ): Promise<readonly GuardrailRuleRecord[]> =>
    Promise.all(
      rules.map(async (rule) => {
        const { secrets } = rule;
        if (secrets == null || (await boxes.of(tenantId ?? meshOwner)).isCurrent(secrets.sealed)) return rule;
        const place = toSecretPlace(policyId, rule);
        const opened = await openRuleSecrets(secrets.sealed, place, boxes);
        if (opened === undefined) {
          unreadable += 1;
          addDataKeyId(left, secrets.sealed);
          return rule;
        }
        resealed += 1;
        return {
          ...rule,
          secrets: { ...secrets, sealed: await sealRuleSecrets(opened, place, tenantId, boxes) },
        };
      }),
    );
  const sealedRules = {
    $or: [
      { 'rules.secrets.sealed': { $exists: true } },
      { 'versions.rules.secrets.sealed': { $exists: true } },
    ],
  };
  for (const { _id } of await records.find(sealedRules, { _id: 1 }).lean()) {
    for (;;) {
      const record = await records.findById(_id).lean();
      if (record === null) break;
      const before = { resealed, unreadable };
      const rules = await reseal(_id, record.tenantId, record.rules);
      const versions = [];
      for (const version of record.versions) {
        versions.push({ ...version, rules: await reseal(_id, record.tenantId, version.rules) });
      }
      if (resealed === before.resealed) break;
      // The time makes every catalog read it again: the former key may soon be gone.
      const same = { _id, version: record.version, updatedAt: record.updatedAt };
      if (
        (await records.updateOne(same, { $set: { rules, versions, updatedAt: new Date() } })).matchedCount > 0
      )
        break;
      ({ resealed, unreadable } = before);
    }
  }
  return { resealed, unreadable };
}
