import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import type { LegalHoldStatus } from '#core/graph-enums.generated.ts';
import { defineCollection } from './collection.ts';

/** Which calls a hold is about: those of the tenant that match all that is set. */
export interface LegalHoldScope {
  readonly tenantId: string;
  /** Null: of every app. */
  readonly appId: string | null;
  /** Null or absent: of every end user. Absent on a hold that was released, which names none. */
  readonly endUserId?: string | null;
  /** Calls that started then or later; null: from the beginning. */
  readonly from: Date | null;
  /** Calls that started before; null: also those to come. */
  readonly to: Date | null;
}

/**
 * What must not be removed: while it is in force, contents and payloads of its calls do not expire, and nothing of its tenant that it reaches is
 * erased, or removed by retention.
 */
export interface LegalHoldRecord extends LegalHoldScope {
  readonly _id: string;
  readonly reason: string;
  /** Saved by an operator of the mesh, who alone releases it. */
  readonly byOperator: boolean;
  readonly status: LegalHoldStatus;
  readonly createdAt: Date;
  /** Null while it is in force. */
  readonly releasedAt: Date | null;
  /** Where the pass over its calls continues; null: at the beginning. */
  readonly after: string | null;
  /** When the last whole pass over its calls began; null: none has ended. */
  readonly coveredAt: Date | null;
  /** When the present pass began; null: there is none. */
  readonly passSince: Date | null;
}

const text = { type: String, required: true };
const optional = { type: String, default: null };
const optionalDate = { type: Date, default: null };

export const legalHolds = defineCollection<LegalHoldRecord>(
  'legal_holds',
  {
    _id: text,
    tenantId: text,
    appId: optional,
    endUserId: String,
    from: optionalDate,
    to: optionalDate,
    reason: text,
    byOperator: { type: Boolean, required: true },
    status: text,
    createdAt: { type: Date, required: true },
    releasedAt: optionalDate,
    after: optional,
    coveredAt: optionalDate,
    passSince: optionalDate,
  },
  [
    [{ tenantId: 1, createdAt: -1, _id: -1 }],
    // For those who see every tenant.
    [{ createdAt: -1, _id: -1 }],
    [{ status: 1, tenantId: 1 }],
  ],
);

/** The tenants with a hold in force. */
export async function listHeldTenants(connection: Connection): Promise<readonly string[]> {
  return legalHolds(connection).distinct('tenantId', { status: 'ACTIVE' });
}

/**
 * A hold in force that keeps an erasure from being carried out: any of the tenant; of an end user also one of an app or of a time, since its calls
 * may be of them, but not one of another end user. Null: there is none.
 */
export async function findHoldAgainst(
  connection: Connection,
  { tenantId, endUserId }: { readonly tenantId: string; readonly endUserId?: string | undefined },
): Promise<LegalHoldRecord | null> {
  const ofEndUser = endUserId === undefined ? {} : { endUserId: { $in: [null, endUserId] } };
  return legalHolds(connection)
    .findOne({ status: 'ACTIVE', tenantId, ...ofEndUser })
    .lean<LegalHoldRecord>();
}

/** The refusal of what would remove something that is held. */
export function refuseHeld({ _id }: Pick<LegalHoldRecord, '_id'>): HeddleError {
  return new HeddleError(
    'CONFLICT',
    `The legal hold ${_id} keeps this from being removed: it must be released first, with releaseLegalHold.`,
    { extensions: { reason: 'LEGAL_HOLD', legalHoldId: _id } },
  );
}
