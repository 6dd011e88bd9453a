import { describe, expect, it } from 'vitest';
import { invocations } from '#mongo/invocations.ts';
import {
  answered,
  database,
  goneOwner,
  quota,
  services,
  startedAtMs,
  useOrphanedRows,
} from '#test/support/setups/orphaned-rows.ts';
import { nativeCollection } from './native-collection.ts';
import { commitLast } from './orphaned.ts';
import { toClosing } from './rows.ts';

useOrphanedRows();

describe('what an owner closed last', () => {
  it.each([
    ['a call of a minute', -60_000, 0, true],
    ['a call that began earlier', -60_001, 1, false],
    ['a call that it closed before', -1, -1, false],
  ])('is committed again: %s', async (_what, startMs, endMs, isCommitted) => {
    const sinceMs = startedAtMs;
    const gone = goneOwner();
    const other = goneOwner();
    const settled: string[] = [];
    for (const { open } of [gone, other]) {
      const id = await open();
      const closing = toClosing({ ...answered, id }, 'beta', sinceMs + endMs, null);
      const started = { startedAt: new Date(sinceMs + startMs) };
      await nativeCollection(database.connection, invocations).updateOne(
        { _id: id },
        { $set: { ...closing, ...started } },
      );
      if (open === gone.open) settled.push(id);
    }
    const calls: unknown[] = [];
    const noting = { ...quota, settle: async (_partition: string, id: string) => void calls.push(id) };
    await commitLast({ ...services, quota: noting }, [gone.ownerId], sinceMs);
    expect(calls).toEqual(isCommitted ? settled : []);
  });
});
