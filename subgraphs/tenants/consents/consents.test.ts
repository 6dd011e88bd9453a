import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { parseCountLimits } from '#core/count-limits.ts';
import { builtInRoles } from '#core/roles.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { consents } from '#mongo/consents.ts';
import { events } from '#mongo/events.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenants } from '#test/support/tenants.ts';

const dayMs = 86_400_000;
const fields = 'id tenantId endUserId purposes expiresAt createdAt updatedAt';

interface Shown {
  readonly id: string;
  readonly endUserId: string;
  readonly purposes: readonly string[];
}

let mesh: TestTenants;
let owner: Caller;
let other: Caller;
beforeAll(async () => {
  mesh = await startTenants(undefined, { counts: parseCountLimits('consentsPerTenant=10') });
  owner = { ...(await mesh.addTenant('Acme')).caller, scopes: builtInRoles.OWNER };
  other = { ...(await mesh.addTenant('Other')).caller, scopes: builtInRoles.OWNER };
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const saving = `mutation ($input: SaveConsentInput!) { saveConsent(input: $input) { ${fields} } }`;
const withdrawing = `mutation ($input: WithdrawConsentInput!) { withdrawConsent(input: $input) { ${fields} } }`;
const save = async (input: object, caller = owner) => {
  const complete = { purposes: ['analysis'], ...input };
  return (await askForData<{ saveConsent: Shown }>(mesh.subgraph, caller, saving, { input: complete }))
    .saveConsent;
};
const withdraw = async (input: object, caller = owner) =>
  (await askForData<{ withdrawConsent: Shown }>(mesh.subgraph, caller, withdrawing, { input }))
    .withdrawConsent;
const refusal = async (query: string, input: object, caller = owner) => {
  const { errors } = await ask(mesh.subgraph, caller, query, { input });
  return `${errors?.[0]?.code}: ${errors?.[0]?.message}`;
};
const list = async (filter: object | null, caller = owner) =>
  (
    await askForData<{ consents: { edges: readonly { readonly node: Shown }[] } }>(
      mesh.subgraph,
      caller,
      `query ($filter: ConsentFilter) { consents(filter: $filter) { edges { node { ${fields} } } } }`,
      { filter },
    )
  ).consents.edges.map(({ node }) => `${node.endUserId} ${node.purposes.join()}`);

describe('a consent', () => {
  it('is saved for an end user, and a further one takes its place', async () => {
    const expiresAt = new Date(Date.now() + dayMs).toISOString();
    const first = await save({ endUserId: 'ada', purposes: ['analysis', 'storage', 'analysis'], expiresAt });
    expect(first).toEqual({
      ...{ id: expect.stringMatching(/^consent-/), tenantId: owner.tenantId, endUserId: 'ada' },
      ...{ purposes: ['analysis', 'storage'], expiresAt },
      ...{ createdAt: expect.any(String), updatedAt: expect.any(String) },
    });
    expect(await save({ endUserId: 'ada', purposes: ['storage'] })).toMatchObject({
      ...{ id: first.id, purposes: ['storage'], expiresAt: null },
    });
    expect(await list({ endUserId: 'ada' })).toEqual(['ada storage']);
  });

  it('is saved once by twenty requests at the same time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => save({ endUserId: 'often' })));
    expect(await list({ endUserId: 'often' })).toEqual(['often analysis']);
  });

  it('is withdrawn in part, and as a whole, after which no purpose is left', async () => {
    const { id } = await save({ endUserId: 'eve', purposes: ['a', 'b', 'c'] });
    expect(await withdraw({ endUserId: 'eve', purposes: ['b', 'x'] })).toMatchObject({
      ...{ id, purposes: ['a', 'c'] },
    });
    expect(await list({ endUserId: 'eve' })).toEqual(['eve a,c']);
    expect(await withdraw({ endUserId: 'eve' })).toMatchObject({ id, purposes: [] });
    expect(await list({ endUserId: 'eve' })).toEqual(['eve ']);
    expect(await list({ purpose: 'a' })).toEqual([]);
    expect(await withdraw({ endUserId: 'eve' })).toMatchObject({ id, purposes: [] });
  });

  it('is found by its purpose', async () => {
    await save({ endUserId: 'one', purposes: ['rare', 'analysis'] });
    expect(await list({ purpose: 'rare' })).toEqual(['one rare,analysis']);
  });

  it('is reported to every process, with each change', async () => {
    const changes: unknown[] = [];
    await using _ = await mesh.deps.bus.subscribe('consents.changed', (change) => void changes.push(change));
    await save({ endUserId: 'seen' });
    await withdraw({ endUserId: 'seen' });
    const change = { tenantId: owner.tenantId, endUserId: 'seen' };
    expect(changes).toEqual([change, change]);
  });

  it('is an event with each change, which names no end user', async () => {
    const expiresAt = new Date(Date.now() + dayMs).toISOString();
    const { id } = await save({ endUserId: 'Silent Name', purposes: ['a', 'b'], expiresAt });
    await withdraw({ endUserId: 'Silent Name', purposes: ['b'] });
    await withdraw({ endUserId: 'Silent Name' });
    const found = await events(mesh.database.connection).find({ subject: id }).sort({ sequence: 1 }).lean();
    const about = { tenantId: owner.tenantId, sequence: expect.any(Number) };
    expect(found).toMatchObject([
      { ...about, type: 'consent.saved', data: { purposes: ['a', 'b'], expiresAt } },
      { ...about, type: 'consent.withdrawn', data: { purposes: ['a'], expiresAt } },
      { ...about, type: 'consent.withdrawn', data: { purposes: [] } },
    ]);
    expect(JSON.stringify(found)).not.toContain('Silent Name');
  });

  it('is in the audit log with its purposes, and without the end user', async () => {
    const { id } = await save({ endUserId: 'Secret Name', purposes: ['a', 'b'] });
    await withdraw({ endUserId: 'Secret Name' });
    await ask(mesh.subgraph, owner, withdrawing, { input: { endUserId: 'Secret Name' } });
    const records = await auditLog(mesh.database.connection).find({ targetId: id }).sort({ _id: 1 }).lean();
    expect(records).toMatchObject([
      { action: 'consent.save', tenantId: owner.tenantId, after: { purposes: ['a', 'b'] } },
      { action: 'consent.withdraw', before: { purposes: ['a', 'b'] }, after: { purposes: [] } },
      { action: 'consent.withdraw', before: { withdrawnAll: true }, after: { withdrawnAll: true } },
    ]);
    const all = await auditLog(mesh.database.connection).find().lean();
    expect(JSON.stringify(all)).not.toContain('Secret Name');
  });

  it('is neither seen nor changed by another tenant, which may have one of the same end user', async () => {
    const { tenantId } = owner;
    await save({ endUserId: 'shared', purposes: ['mine'] });
    await save({ endUserId: 'shared', purposes: ['theirs'] }, other);
    expect(await list(null, other)).toEqual(['shared theirs']);
    expect(await list({ tenantId }, other)).toEqual([]);
    expect(await list({ endUserId: 'shared' })).toEqual(['shared mine']);
    const foreign = { tenantId, endUserId: 'shared', purposes: ['x'] };
    expect(await refusal(saving, foreign, other)).toContain('NOT_FOUND');
    expect(await refusal(withdrawing, foreign, other)).toContain('NOT_FOUND');
    await withdraw({ endUserId: 'shared' }, other);
    expect(await list({ endUserId: 'shared' })).toEqual(['shared mine']);
    expect(await list({ endUserId: 'shared', tenantId }, mesh.admin)).toEqual(['shared mine']);
  });

  it('requires guardrails:write', async () => {
    const weak = { ...owner, scopes: ['tenants:write', 'tenants:read'] };
    expect(await refusal(saving, { endUserId: 'x', purposes: ['a'] }, weak)).toContain('FORBIDDEN');
    expect(await refusal(withdrawing, { endUserId: 'x' }, weak)).toContain('FORBIDDEN');
    const { errors } = await ask(mesh.subgraph, weak, '{ consents { totalCount } }');
    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });

  it.for<[string, object, string]>([
    ['no purpose', { purposes: [] }, 'input.purposes must have at least one'],
    ['too many purposes', { purposes: Array.from({ length: 51 }, (_, n) => `p${n}`) }, 'input.purposes must'],
    ['a purpose with a space', { purposes: ['a', 'b c'] }, 'input.purposes[1] must be'],
    ['an end user that shows nothing', { endUserId: ' ' }, 'input.endUserId must be'],
    ['a time that is over', { expiresAt: '2020-01-01T00:00:00Z' }, 'input.expiresAt must be in the future'],
  ])('with %s is refused, and the field is named', async ([, input, message]) => {
    const complete = { endUserId: 'bad', purposes: ['a'], ...input };
    expect(await refusal(saving, complete)).toContain(`BAD_USER_INPUT: ${message}`);
    expect(await list({ endUserId: 'bad' })).toEqual([]);
  });

  it('is one too many where the tenant has as many as it may have, but an old one is saved again', async () => {
    const has = await consents(mesh.database.connection).countDocuments({ tenantId: owner.tenantId });
    for (let count = has; count < 10; count++) await save({ endUserId: `user ${count}` });
    expect(await refusal(saving, { endUserId: 'one more', purposes: ['a'] })).toContain('CONFLICT');
    expect(await save({ endUserId: 'ada', purposes: ['a'] })).toMatchObject({ purposes: ['a'] });
  });

  it('of an archived tenant is withdrawn, and not saved', async () => {
    const { tenantId } = await mesh.addTenant('Archived');
    await save({ tenantId, endUserId: 'ada' }, mesh.admin);
    await askForData(mesh.subgraph, mesh.admin, 'mutation ($t: ID!) { archiveTenant(id: $t) { id } }', {
      t: tenantId,
    });
    const input = { tenantId, endUserId: 'ada', purposes: ['a'] };
    expect(await refusal(saving, input, mesh.admin)).toContain('CONFLICT');
    expect(await withdraw({ tenantId, endUserId: 'ada' }, mesh.admin)).toMatchObject({ purposes: [] });
  });
});

describe('a rule of a guardrail policy', () => {
  const saveRule = (unlessConsent: string | null) =>
    ask<{ saveGuardrailPolicy: { rules: readonly object[] } }>(
      mesh.subgraph,
      owner,
      `mutation ($p: String) { saveGuardrailPolicy(input: { id: "consenting", rules: [
        { rule: "pii", stages: [INPUT], action: MASK, unlessConsent: $p }] }) { rules { unlessConsent } } }`,
      { p: unlessConsent },
    );

  it('keeps the purpose with which it does not look, also in an earlier version', async () => {
    expect((await saveRule('storage')).data?.saveGuardrailPolicy.rules).toEqual([
      { unlessConsent: 'storage' },
    ]);
    expect((await saveRule(null)).data?.saveGuardrailPolicy.rules).toEqual([{ unlessConsent: null }]);
    const { data } = await ask(
      mesh.subgraph,
      owner,
      'mutation { rollbackGuardrailPolicy(id: "consenting", version: 1) { rules { unlessConsent } } }',
    );
    expect(data).toEqual({ rollbackGuardrailPolicy: { rules: [{ unlessConsent: 'storage' }] } });
  });

  it('has a purpose that a consent can have', async () => {
    const { errors } = await saveRule('No Purpose');
    expect(errors).toMatchObject([
      { code: 'BAD_USER_INPUT', message: expect.stringContaining('input.rules[0].unlessConsent') },
    ]);
  });
});
