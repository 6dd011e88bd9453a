import type { Connection } from 'mongoose';
import type { Eraser, ErasureSubject } from '#mongo/eraser.ts';
import { firstIssuerId, type IssuerRecord, issuers } from '#mongo/issuers.ts';
import { members } from '#mongo/members.ts';
import { tenants } from '#mongo/tenants.ts';
import { listIssuerIds } from '../members/issuer-binding.ts';

/** Issuers whose rules are all of this tenant, or that vouch for its people alone. */
const ofTenantAlone = ({ tenantId }: ErasureSubject) => ({
  fromEnvironment: null,
  $or: [
    {
      ...{ 'rules.tenantId': tenantId, rules: { $not: { $elemMatch: { tenantId: { $ne: tenantId } } } } },
      'claims.tenant': null,
    },
    { tenantIds: [tenantId] },
  ],
});

type Used = Pick<IssuerRecord, '_id' | 'tenantIds'>;

/**
 * Deletes issuers that sign people in to this tenant alone. One that other tenants have members of stays without the rules of this one,
 * but for the first: without rules its claims would state tenants. A rule among those of other tenants stays too, and refuses: without it the
 * next one would fit its people.
 */
export function eraseOwnIssuers(connection: Connection): Eraser {
  const records = issuers(connection);
  const isUsedElsewhere = async ({ _id, tenantIds }: Used, { tenantId }: ErasureSubject) => {
    const others = tenantIds == null ? { $ne: tenantId } : { $in: tenantIds.filter((id) => id !== tenantId) };
    const [member, provisioned] = await Promise.all([
      members(connection).exists({ issuerId: { $in: listIssuerIds(_id) }, tenantId: others }),
      tenants(connection).exists({ _id: others, 'provisioning.issuerId': _id }),
    ]);
    return member !== null || provisioned !== null;
  };
  return {
    async find(subject, after, max) {
      const found = await records
        .find(
          { ...ofTenantAlone(subject), ...(after === null ? {} : { _id: { $gt: after } }) },
          { tenantIds: 1 },
        )
        .sort({ _id: 1 })
        .limit(max)
        .lean();
      const ids: string[] = [];
      for (const issuer of found) {
        if (issuer._id !== firstIssuerId || !(await isUsedElsewhere(issuer, subject))) ids.push(issuer._id);
      }
      return { found: { issuers: ids }, next: found.length < max ? null : (found.at(-1)?._id ?? null) };
    },
    async erase(subject, found) {
      const { tenantId } = subject;
      for (const id of found.issuers ?? []) {
        const own = { _id: id, ...ofTenantAlone(subject) };
        const issuer = await records.findOne(own, { tenantIds: 1 }).lean();
        if (issuer === null) continue;
        if (!(await isUsedElsewhere(issuer, subject))) await records.deleteOne(own);
        else if (id !== firstIssuerId) await records.updateOne(own, { $pull: { rules: { tenantId } } });
      }
    },
  };
}
