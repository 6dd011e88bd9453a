import { mongo } from 'mongoose';
import { describe, expect, it, vi } from 'vitest';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import {
  answered,
  database,
  findRow,
  goneOwner,
  services,
  startedAtMs,
  sweptAtMs,
  useOrphanedRows,
} from '#test/support/setups/orphaned-rows.ts';
import { nativeCollection } from './native-collection.ts';
import { closeOrphaned } from './orphaned.ts';
import { toClosing } from './rows.ts';

useOrphanedRows();

describe('rows that did not begin', () => {
  it('are deleted only while they are RUNNING', async () => {
    const gone = goneOwner();
    const [closed, unopened] = [await gone.open(), await gone.open()];
    const rows = nativeCollection<InvocationRecord>(database.connection, invocations);
    // The first row is closed between the time that it is found and the time that it would be deleted.
    const closing = toClosing({ ...answered, id: closed }, 'beta', startedAtMs + 400, null);
    let ended: Promise<unknown> | undefined;
    const { deleteMany } = mongo.Collection.prototype;
    using _late = vi.spyOn(mongo.Collection.prototype, 'deleteMany').mockImplementation(async function (
      this: mongo.Collection,
      ...args
    ) {
      await ended;
      return deleteMany.apply(this, args);
    });
    const keeper = {
      isHeld: () => false,
      isUnopened: () => {
        ended ??= rows.updateOne({ _id: closed }, { $set: closing });
        return true;
      },
      toClosing: () => undefined,
    };
    expect(await closeOrphaned(services, [gone.ownerId], sweptAtMs, keeper)).toBe(1);
    expect(await findRow(closed)).toMatchObject({ status: 'SUCCEEDED', usage: answered.usage });
    expect(await findRow(unopened)).toBeNull();
  });
});
