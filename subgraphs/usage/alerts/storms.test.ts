import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { alertEpisodes } from '#mongo/alert-episodes.ts';
import { alerts } from '#mongo/alerts.ts';
import {
  type AlertMesh,
  calls,
  dayMs,
  hourMs,
  minuteMs,
  openAlertMesh,
  otherAdmin,
} from '#test/support/alert-mesh.ts';

let mesh: AlertMesh;
beforeEach(async () => {
  mesh = await openAlertMesh();
});
afterEach(() => mesh?.[Symbol.asyncDispose]());

const manyCalls = { id: 'busy', metric: 'REQUESTS', condition: 'ABOVE', threshold: 10, window: 'HOUR' };

describe('an episode', () => {
  it.each([
    ['of an alert', 'acme:busy', 199],
    ['of all alerts of a tenant', 'acme:another', 1_999],
  ])(
    'does not begin beyond the bound of a day %s, which the alert states, and others do',
    async (_what, alertId, count) => {
      const { connection } = mesh.database;
      await alertEpisodes(connection).collection.insertMany(
        Array.from({ length: count }, (_, n) => ({
          ...{ _id: `${n}`, alertId, tenantId: 'acme', unpublished: [] },
          startedAt: new Date(mesh.clock.ms - hourMs),
        })) as never,
      );
      for (const key of ['k1', 'k2', 'k3']) await mesh.addCalls(minuteMs, calls(12, { keyId: key }));
      await mesh.addCalls(minuteMs, calls(12, { tenantId: 'other' }));
      await mesh.saveAlert({ ...manyCalls, window: 'MONTH', by: ['KEY'] });
      await mesh.saveAlert(manyCalls, otherAdmin);
      await mesh.sweepAfter(0);
      const begun = async () => (await mesh.published()).map(({ tenantId }) => tenantId).toSorted();
      expect(await begun()).toEqual(['acme', 'other']);
      expect((await alerts(connection).findById('acme:busy').lean())?.problem).toBe(
        'The condition holds for 2 more series; of one alert 200 episodes begin within 24 hours, of all alerts of one owner 2000: raise the threshold.',
      );
      await mesh.sweepAfter(dayMs);
      expect((await begun()).filter((tenantId) => tenantId === 'acme')).toHaveLength(3);
    },
  );

  it.each(['metric', 'condition'])(
    'is evaluated beside one with a %s of a newer version, which states that',
    async (field) => {
      await mesh.saveAlert({ ...manyCalls, id: 'newer' });
      await alerts(mesh.database.connection).updateOne({}, { $set: { [field]: 'OF_A_NEWER_VERSION' } });
      await mesh.saveAlert(manyCalls, otherAdmin);
      expect(await mesh.sweepAfter(0)).toBe(2);
      const found = await alerts(mesh.database.connection).find().sort({ _id: 1 }).lean();
      expect(found.map(({ problem, dueAt }) => [problem === null, dueAt.getTime() > mesh.clock.ms])).toEqual([
        [false, true],
        [true, true],
      ]);
    },
  );

  it('of one tenant does not wait for the slow alerts of another', async () => {
    for (const id of ['slow1', 'slow2', 'slow3']) await mesh.saveAlert({ ...manyCalls, id });
    await mesh.saveAlert(manyCalls, otherAdmin);
    let ms = 0;
    const time = vi.spyOn(performance, 'now').mockImplementation(() => {
      ms += 5_000;
      return ms;
    });
    try {
      const evaluated = async () =>
        (
          await alerts(mesh.database.connection)
            .find({ evaluatedAt: { $ne: null } })
            .lean()
        )
          .map(({ tenantId }) => tenantId)
          .toSorted();
      expect(await mesh.sweepAfter(0)).toBe(2);
      expect(await evaluated()).toEqual(['acme', 'other']);
      expect(await mesh.sweepAfter(0)).toBe(1);
    } finally {
      time.mockRestore();
    }
  });
});
