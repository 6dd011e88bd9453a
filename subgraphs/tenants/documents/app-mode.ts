import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import type { AppRecord } from '#mongo/apps.ts';
import type { TenantsDeps } from '../deps.ts';
import { toLimitSetter } from '../limits/set-limits.ts';

type AppMode = Pick<AppRecord, 'trustedDocuments' | 'trustedDocumentsMin'>;

const strictness = { OFF: 0, LOG: 1, ENFORCE: 2 } as const satisfies Record<TrustedDocumentsMode, number>;

/**
 * The mode of an app with what an operator requires of it. FORBIDDEN for a mode of the tenant's that is weaker than before and
 * than what the mesh or an operator requires.
 */
export function changeMode(
  wanted: TrustedDocumentsMode | null,
  before: AppMode,
  caller: Caller,
  { trustedDocuments: ofMesh = 'OFF' }: Pick<TenantsDeps, 'trustedDocuments'>,
): AppMode {
  if (toLimitSetter(caller) === 'OPERATOR') {
    return { trustedDocuments: wanted, trustedDocumentsMin: wanted };
  }
  const rank = (mode: TrustedDocumentsMode | null | undefined) => strictness[mode ?? ofMesh];
  const required = Math.max(rank(null), rank(before.trustedDocumentsMin ?? 'OFF'));
  if (rank(wanted) < Math.min(required, rank(before.trustedDocuments))) {
    throw new HeddleError(
      'FORBIDDEN',
      'The mode of trusted documents is weaker than what the mesh or an operator requires: use a key with tenants:admin.',
    );
  }
  return { trustedDocuments: wanted, trustedDocumentsMin: before.trustedDocumentsMin ?? null };
}
