import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Eraser } from '#mongo/eraser.ts';
import { startErasing, type TestErasing } from '#test/support/setups/erasing.ts';
import { continueErasure, freeErasures } from './erasure-run.ts';

let erasing: TestErasing;
let count = 0;
beforeAll(async () => {
  erasing = await startErasing();
});
afterAll(() => erasing?.[Symbol.asyncDispose]());

async function newErasure(): Promise<string> {
  const tenant = await erasing.tenants.addTenant(`Tenant ${++count}`, ['tenants:write']);
  return erasing.eraseEndUser('ada', tenant.caller);
}

/** Continues the first step with this eraser, as a process without the parts of the others. */
async function continueWith(id: string, eraser: Eraser, signal?: AbortSignal): Promise<boolean> {
  return continueErasure(id, {
    ...{ connection: erasing.database.connection, now: Date.now, signal },
    findEraser: async (_kind, step) => (step === 'pageTokens' ? eraser : undefined),
    report: async () => undefined,
  });
}

describe('an erasure', () => {
  it('is left to others after the present batch when its process stops', async () => {
    const id = await newErasure();
    const stopping = new AbortController();
    const erased: string[] = [];
    await continueWith(
      id,
      {
        find: async (_subject, after) => ({ found: { pageTokens: [`${after}`] }, next: `after ${after}` }),
        erase: async (_subject, { pageTokens: ids = [] }) => {
          erased.push(...ids);
          stopping.abort();
        },
      },
      stopping.signal,
    );
    expect(erased).toEqual(['null']);
    const record = await erasing.read(id);
    expect(record).toMatchObject({ status: 'RUNNING', after: 'after null', counts: { pageTokens: 1 } });
    expect(record).not.toHaveProperty('holder');
  });

  it('ends a step with a pass that finds nothing, from its beginning', async () => {
    const id = await newErasure();
    const passes: (string | null)[] = [];
    const pages = [{ pageTokens: ['a'] }, {}, {}];
    const isHandedOver = await continueWith(id, {
      find: async (_subject, after) => {
        passes.push(after);
        return { found: pages.shift() ?? {}, next: passes.length === 1 ? 'second' : null };
      },
      erase: async () => undefined,
    });
    expect(passes).toEqual([null, 'second', null]);
    expect(isHandedOver).toBe(true);
    expect(await erasing.read(id)).toMatchObject({
      step: 'sessions',
      counts: { pageTokens: 1 },
      isRoundDirty: true,
    });
  });

  it('stores a batch before it erases, and erases it again after a failure', async () => {
    const id = await newErasure();
    const erased: (readonly string[])[] = [];
    const pages = [{ pageTokens: ['a', 'b'] }];
    const eraser: Eraser = {
      find: async () => ({ found: pages.shift() ?? {}, next: null }),
      erase: async (_subject, { pageTokens = [] }) => {
        erased.push(pageTokens);
        if (erased.length === 1) throw new Error('The database is gone.');
      },
    };
    await expect(continueWith(id, eraser)).rejects.toThrow('gone');
    expect(await erasing.read(id)).toMatchObject({
      batch: { found: { pageTokens: ['a', 'b'] } },
      counts: {},
    });
    expect(await continueWith(id, eraser)).toBe(false);
    expect(erased).toHaveLength(1);
    await freeErasures(erasing.database.connection);
    expect(await continueWith(id, eraser)).toBe(true);
    expect(erased).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(await erasing.read(id)).toMatchObject({ step: 'sessions', counts: { pageTokens: 2 } });
  });
});
