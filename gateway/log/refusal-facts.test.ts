import { expect, it } from 'vitest';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { forbiddenMax, type NotedRefusal, RefusalFacts } from './refusal-facts.ts';

const hourMs = 3_600_000;

function start() {
  const clock = { ms: 5 * hourMs };
  const facts = new RefusalFacts(() => clock.ms);
  const note = (more: Partial<NotedRefusal> = {}) =>
    facts.note({
      ...{ code: 'QUOTA_EXCEEDED', caller: sampleCaller(), clientAddress: '192.0.2.1', isOfAddress: false },
      extensions: { subject: 'key:k1', meter: 'TOKENS', window: 'DAY' },
      ...more,
    });
  return { clock, facts, note };
}

it('a limit that refuses a storm of requests is one fact an hour', () => {
  const { clock, facts, note } = start();
  const noted = Array.from({ length: 10_000 }, () => note());
  expect(noted.filter(Boolean)).toHaveLength(1);
  expect(facts.take()).toEqual({
    limits: [
      {
        ...{ tenantId: 't1', appId: null, keyId: 'k1', hour: 5 },
        ...{ subject: 'key:k1', meter: 'TOKENS', window: 'DAY', code: 'QUOTA_EXCEEDED' },
      },
    ],
    keys: [],
  });
  clock.ms += hourMs;
  expect(note()).toBe(true);
});

it.each<[string, Partial<NotedRefusal>]>([
  ['of another tenant', { caller: { ...sampleCaller(), tenantId: 't2' } }],
  ['of another meter', { extensions: { subject: 'key:k1', meter: 'COST', window: 'DAY' } }],
  ['of another window', { extensions: { subject: 'key:k1', meter: 'TOKENS', window: 'MONTH' } }],
  ['of another subject', { extensions: { subject: 'app:a', meter: 'TOKENS', window: 'DAY' } }],
])('a limit %s is a fact of its own', (_what, more) => {
  const { note } = start();
  note();
  expect(note(more)).toBe(true);
});

it.each<[string, Partial<NotedRefusal>]>([
  ['a caller that is not known', { caller: undefined }],
  ['a caller of no tenant', { caller: { ...sampleCaller(), tenantId: null } }],
  ['a refusal that names no limit', { extensions: {} }],
  ['a refusal of another kind', { code: 'OVERLOADED' }],
  ['a person who may not', { code: 'FORBIDDEN', caller: { ...sampleCaller(), keyId: null } }],
])('%s is no fact, however often', (_what, more) => {
  const { facts, note } = start();
  for (let n = 0; n < 2 * forbiddenMax; n++) expect(note(more)).toBe(false);
  expect(facts.take()).toEqual({ limits: [], keys: [] });
});

it('facts of one tenant are a hundred an hour, and take no room from another', () => {
  const { facts, note } = start();
  for (let n = 0; n < 500; n++) note({ extensions: { subject: `key:${n}`, meter: 'COST', window: 'DAY' } });
  note({ caller: { ...sampleCaller(), tenantId: 't2' } });
  const { limits } = facts.take();
  expect(limits.filter(({ tenantId }) => tenantId === 't1')).toHaveLength(100);
  expect(limits.at(-1)?.tenantId).toBe('t2');
});

it('a key is misused from a wrong address at once, and for what is forbidden from the 20th time in an hour on', () => {
  const { clock, facts, note } = start();
  const forbidden = { code: 'FORBIDDEN', extensions: {} } as const;
  for (let n = 1; n < forbiddenMax; n++) expect(note(forbidden)).toBe(false);
  clock.ms += hourMs;
  for (let n = 1; n < forbiddenMax; n++) expect(note(forbidden)).toBe(false);
  expect(note({ ...forbidden, isOfAddress: true })).toBe(true);
  expect(note({ ...forbidden, isOfAddress: true })).toBe(false);
  expect([note(forbidden), note(forbidden)]).toEqual([true, false]);
  const about = { tenantId: 't1', keyId: 'k1', address: '192.0.2.1', hour: 6 };
  expect(facts.take().keys).toEqual([
    { ...about, reason: 'NETWORK' },
    { ...about, reason: 'SCOPE' },
  ]);
});

it('what could not be published waits', () => {
  const { facts, note } = start();
  note();
  const taken = facts.take();
  note({ extensions: { subject: 'app:a', meter: 'COST', window: 'DAY' } });
  facts.putBack(taken);
  expect(
    facts
      .take()
      .limits.map(({ subject }) => subject)
      .toSorted(),
  ).toEqual(['app:a', 'key:k1']);
});
