import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { CallPayload } from '#inference/payloads/call-payload.ts';
import { PayloadLog } from '#inference/payloads/payload-log.ts';
import { auditLog } from '#mongo/audit/log.ts';
import type { Database } from '#mongo/connect.ts';
import { payloads } from '#mongo/payloads.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { testPayloads } from '#test/support/seal.ts';
import { testServices } from '#test/support/subgraph.ts';

const SEARCH = `query ($text: String!, $from: DateTime!, $to: DateTime!, $first: Int! = 20, $after: String) {
  searchPayloads(text: $text, from: $from, to: $to, first: $first, after: $after) {
    nodes { id } searched unreadable searchedFrom next } }`;

interface Page {
  readonly nodes: readonly { readonly id: string }[];
  readonly searched: number;
  readonly unreadable: number;
  readonly searchedFrom: string | null;
  readonly next: string | null;
}

let database: Database;
let mesh: TestInference;
let payloadLog: PayloadLog;
let reader: Caller;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  mesh = await startInference(database);
  reader = { ...mesh.caller, scopes: ['logs:read'] };
  const { log } = testServices(database);
  payloadLog = new PayloadLog(database.connection, { boxes: testPayloads, log, now: Date.now });
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await database?.close();
});
beforeEach(async () => {
  await payloads(database.connection).deleteMany({});
});

const startMs = Date.now() - 3_600_000;
const at = (minute: number) => new Date(startMs + minute * 60_000);
const range = { from: at(0), to: at(60) };

/** Stores a payload of a call that has ended in this minute. */
async function store(
  id: string,
  minute: number,
  content: Partial<CallPayload>,
  caller: Pick<Caller, 'tenantId'> = reader,
): Promise<void> {
  const whole = JSON.stringify({ request: null, response: null, attempts: [], isCut: false, ...content });
  using held = await payloadLog.hold({ id, caller, endedAtMs: at(minute).getTime(), content: () => whole });
  await payloadLog.store(held);
}

const search = async (text: string, more: object = {}): Promise<Page> =>
  (await mesh.data<{ searchPayloads: Page }>(SEARCH, { ...range, text, ...more }, reader)).searchPayloads;
const listIds = ({ nodes }: Page) => nodes.map(({ id }) => id.slice('invocation:'.length));

describe('a search in payloads', () => {
  it('finds a text wherever it stands, in any case, newest first, in the range and the tenant alone', async () => {
    const line = 'a "quoted"\nline: Überraschung';
    await store('in-request', 1, { request: { messages: [{ parts: [{ text: line }] }] } });
    await store('in-response', 2, { response: { text: line } });
    await store('in-attempt', 3, { attempts: [{ model: 'm', response: { text: line } }] });
    await store('in-note', 4, { attempts: [{ model: 'm', note: line }] });
    await store('in-name', 5, { response: { toolCalls: [{ arguments: { [line]: 1 } }] } });
    await store('elsewhere', 6, { response: { text: 'another line' } });
    await store('too-late', 60, { response: { text: line } });
    await store('too-early', -1, { response: { text: line } });
    await store('of-others', 7, { response: { text: line } }, { tenantId: 'other' });
    const page = await search('"QUOTED"\nline: überraschung');
    expect(listIds(page)).toEqual(['in-name', 'in-note', 'in-attempt', 'in-response', 'in-request']);
    expect(page).toMatchObject({ searched: 6, unreadable: 0, searchedFrom: null, next: null });
    expect(listIds(await search('a.*quoted'))).toEqual([]);
  });

  it('continues where the page before has ended: each call is found once', async () => {
    for (let i = 0; i < 9; i++)
      await store(`call-${i}`, Math.floor(i / 3), { response: { text: `x${i % 2}x` } });
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page: Page = await search('x0x', { first: 2, after });
      expect(page.nodes.length).toBeLessThanOrEqual(2);
      expect(page.searchedFrom === null).toBe(page.next === null);
      found.push(...listIds(page));
      after = page.next;
    } while (after !== null);
    expect(found).toEqual(['call-8', 'call-6', 'call-4', 'call-2', 'call-0']);
  });

  it('opens 500 payloads for a page at most, and states the time that it has reached', async () => {
    const sealed = async (minute: number, i: number) => {
      const request = i === 0 ? 'needle' : 'hay';
      const content = JSON.stringify({ request, response: null, attempts: [], isCut: false });
      using held = await payloadLog.hold({
        ...{ id: `many-${i}`, caller: reader, content: () => content },
        endedAtMs: at(minute).getTime() + i,
      });
      return held.record!;
    };
    const records = await Promise.all(Array.from({ length: 501 }, (_, i) => sealed(1, i)));
    await payloads(database.connection).collection.insertMany(records as never);
    const page = await search('needle');
    expect(page).toMatchObject({ nodes: [], searched: 500, searchedFrom: records[1]?.at.toISOString() });
    const rest = await search('needle', { after: page.next });
    expect(listIds(rest)).toEqual(['many-0']);
    expect(rest).toMatchObject({ searched: 1, searchedFrom: null, next: null });
  });

  it('ends a page where it has read enough characters', async () => {
    for (let i = 0; i < 4; i++) await store(`long-${i}`, i, { response: 'x'.repeat(5 * 1024 * 1024) });
    const page = await search('needle');
    expect(page).toMatchObject({ searched: 2 });
    expect((await search('needle', { after: page.next })).searched).toBe(2);
  });

  it('counts payloads that no key opens, and leaves out those whose time is over', async () => {
    await store('moved', 1, { response: 'needle' });
    await store('good', 2, { response: 'needle' });
    await store('over', 3, { response: 'needle' });
    const records = payloads(database.connection).collection;
    const good = await records.findOne({ _id: 'good' as never });
    await records.updateOne({ _id: 'moved' as never }, { $set: { sealed: good?.sealed } });
    await records.updateOne({ _id: 'over' as never }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    const page = await search('needle');
    expect(listIds(page)).toEqual(['good']);
    expect(page).toMatchObject({ searched: 2, unreadable: 1 });
  });

  it.each<readonly [string, object]>([
    ['text', { text: 'ab' }],
    ['text', { text: 'x'.repeat(201) }],
    ['to', { to: range.from }],
    ['first', { first: 0 }],
    ['first', { first: 201 }],
    ...['x', '%', 'e30', 'WzEsMl0', 'W251bGwsImEiXQ', 'WzllOTksImEiXQ', 'x'.repeat(300)].map(
      (after) => ['after', { after }] as const,
    ),
  ])('names what is wrong: %s', async (name, more) => {
    const refusal = await mesh.refusal(SEARCH, { ...range, text: 'needle', ...more }, reader);
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(refusal.message).toMatch(new RegExp(`^${name} `));
  });

  it.each([
    ['a key without logs:read', { scopes: ['completions:read', 'usage:read', 'tenants:admin'] }],
    ['a page token', { endUserId: 'ada' }],
    ['a caller of no tenant', { tenantId: null, scopes: ['logs:read', 'tenants:admin'] }],
  ])('refuses %s', async (_who, more) => {
    const refusal = await mesh.refusal(SEARCH, { ...range, text: 'needle' }, { ...reader, ...more });
    expect(refusal).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('leaves an audit record with what it has found, without the text', async () => {
    await store('noted', 1, { response: 'needle' });
    await search('needle');
    const [record] = await auditLog(database.connection)
      .find({ action: 'payload.search', tenantId: reader.tenantId })
      .sort({ _id: -1 })
      .limit(1)
      .lean();
    expect(record).toMatchObject({
      ...{ outcome: 'SUCCEEDED', actor: { keyId: reader.keyId }, arguments: { characters: 6 } },
      after: { found: ['noted'], searched: 1 },
    });
    expect(JSON.stringify(record)).not.toContain('needle');
  });
});
