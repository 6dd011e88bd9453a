import type { Connection, Model } from 'mongoose';
import { alertActions } from '#mongo/alert-actions.ts';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { listHeldTenants } from '#mongo/legal-holds.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';

/** Records that are of a whole tenant, not of a call, and that a TTL index removes. */
interface ExpiringRecords {
  readonly model: (connection: Connection) => Model<never>;
  /** The fields that name the tenants that a record is about. */
  readonly tenants: readonly string[];
  /** The date that the TTL index reads, and where it is while the record is held. */
  readonly date: string;
  readonly heldDate: string;
}

const kinds: readonly ExpiringRecords[] = [
  {
    model: (connection) => webhookDeliveries(connection) as never,
    // Webhooks of the mesh receive events of tenants.
    tenants: ['tenantId', 'event.tenantId'],
    date: 'purgeAt',
    heldDate: 'heldPurgeAt',
  },
  {
    model: (connection) => alertActions(connection) as never,
    tenants: ['tenantId'],
    date: 'expiresAt',
    heldDate: 'heldExpiresAt',
  },
  {
    model: (connection) => alertEpisodes(connection) as never,
    tenants: ['tenantId'],
    date: 'expiresAt',
    heldDate: 'heldExpiresAt',
  },
];

/**
 * Keeps deliveries of events, and episodes and actions of alerts, of tenants under a legal hold from expiring, whatever part of their calls the hold is about, and
 * lets those of others expire at their date again. Done again it changes nothing.
 */
export async function holdRecords(connection: Connection): Promise<void> {
  const held = [...(await listHeldTenants(connection))];
  for (const { model, tenants, date, heldDate } of kinds) {
    const records = model(connection);
    if (held.length > 0) {
      const ofHeld = tenants.map((field) => ({ [field]: { $in: held } }));
      await records.updateMany(
        { $or: ofHeld, [date]: { $exists: true } } as never,
        { $rename: { [date]: heldDate } } as never,
      );
    }
    const ofOthers = tenants.map((field) => ({ [field]: { $nin: held } }));
    await records.updateMany(
      { $and: ofOthers, [heldDate]: { $exists: true } } as never,
      { $rename: { [heldDate]: date } } as never,
    );
  }
}
