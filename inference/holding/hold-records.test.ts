import { expect, it } from 'vitest';
import { alertActions } from '#mongo/alert-actions.ts';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { legalHolds } from '#mongo/legal-holds.ts';
import { webhookDeliveries } from '#mongo/webhook-deliveries.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { holdRecords } from './hold-records.ts';

it('a hold of whatever calls keeps deliveries, episodes and actions of its tenant, also what webhooks of the mesh have received, and no others', async () => {
  await using database = await openTestDatabase();
  const { connection } = database;
  const date = new Date(Date.now() + 86_400_000);
  const owners = { held: 'acme', 'held of the mesh': null, free: 'other' };
  await webhookDeliveries(connection).collection.insertMany(
    Object.entries(owners).map(([_id, tenantId]) => ({
      ...{ _id, webhookId: 'w', tenantId, state: 'DEAD', purgeAt: date },
      event: { tenantId: tenantId ?? 'acme' },
    })) as never,
  );
  for (const records of [alertEpisodes(connection), alertActions(connection)]) {
    await records.collection.insertMany(
      ['acme', 'other'].map((tenantId) => ({ _id: tenantId, tenantId, expiresAt: date })) as never,
    );
  }
  const listExpiring = async () => [
    await webhookDeliveries(connection).distinct('_id', { purgeAt: date }),
    await alertEpisodes(connection).distinct('_id', { expiresAt: date }),
    await alertActions(connection).distinct('_id', { expiresAt: date }),
  ];
  const hold = { _id: 'h', tenantId: 'acme', endUserId: 'ada', status: 'ACTIVE' };
  await legalHolds(connection).collection.insertOne(hold as never);
  for (let n = 0; n < 2; n++) {
    await holdRecords(connection);
    expect(await listExpiring()).toEqual([['free'], ['other'], ['other']]);
  }
  await legalHolds(connection).updateOne({ _id: 'h' }, { $set: { status: 'RELEASING' } });
  await holdRecords(connection);
  const all = (await listExpiring()).map((ids) => ids.toSorted());
  expect(all).toEqual([Object.keys(owners).toSorted(), ['acme', 'other'], ['acme', 'other']]);
});
