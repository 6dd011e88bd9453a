import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { createEgress } from '#core/egress.ts';
import type { Database } from '#mongo/connect.ts';
import { guardrailPolicies } from '#mongo/guardrail-policies.ts';
import { sealRuleSecrets } from '#mongo/guardrail-secrets.ts';
import { startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { testSecrets } from '#test/support/seal.ts';
import { asking, COMPLETE, sentTexts } from '#test/support/setups/guarded-calls.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const testing = `query ($input: TestGuardrailsInput!) { testGuardrails(input: $input) { allowed text
  verdicts { rule fired failed reason spans { start end kind } } } }`;

interface Sent {
  readonly texts: readonly { readonly text: string }[];
}

let database: Database;
let mesh: TestInference;
let server: WireServer;
let tester: Caller;
/** What the server answers; a text is sent as it is. */
let respond: (sent: Sent) => unknown;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
  server = await startWireServer((response, { body }) => {
    const answer = respond(JSON.parse(body));
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  mesh = await startInference(database, { egress: createEgress('127.0.0.1') });
  tester = { ...mesh.caller, scopes: [...mesh.caller.scopes, 'guardrails:write'] };
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await database?.close();
});

let saved = 0;
/** One policy of the tenant: `pii` masks, then the webhook with these options. */
async function have(
  options: object,
  action = 'MASK',
  sealedFor = server.url,
  tenantId = mesh.caller.tenantId,
): Promise<void> {
  const _id = `${tenantId}:p${++saved}`;
  const place = { policyId: _id, rule: 'webhook', url: sealedFor };
  const sealed = await sealRuleSecrets({ secret }, place, tenantId, testSecrets);
  const rule = { stages: ['INPUT'], sample: 1, note: null, reroute: null };
  const at = new Date();
  const records = guardrailPolicies(database.connection).collection;
  await records.deleteMany({});
  await records.insertOne({
    ...{ _id: _id as never, tenantId, appId: null, promptId: null, model: null, mode: 'ENFORCE' },
    rules: [
      { ...rule, rule: 'pii', action: 'MASK', optionsJson: null },
      {
        ...{ ...rule, rule: 'webhook', action, secrets: { names: ['secret'], sealed } },
        optionsJson: JSON.stringify({ url: server.url, ...options }),
      },
    ],
    ...{ version: 1, createdAt: at, updatedAt: at, versions: [] },
  });
  await mesh.catalog.refresh();
}

/** What a server finds that knows one name. */
const findAnn = ({ texts }: Sent) => {
  const findings = texts.flatMap(({ text }, number) => {
    const start = text.indexOf('Ann');
    return start === -1 ? [] : [{ text: number, start, end: start + 3, kind: 'PERSON' }];
  });
  return { allowed: findings.length === 0, findings };
};
const echo = () =>
  mesh.alpha.always((call) =>
    call.say(`I wrote to ${JSON.parse(sentTexts(call))[0].parts[0].text}`).finish(buildUsage(1, 1)),
  );
const verdicts = async () =>
  (await mesh.rows())
    .at(-1)
    ?.guardrailVerdicts?.filter(({ rule }) => rule === 'webhook')
    .map(({ fired, failed }) => ({ fired, failed }));

describe('a call whose policy has a webhook', () => {
  it('is looked at as masked before, in a signed request, and has its values back', async () => {
    await have({});
    respond = findAnn;
    echo();
    const { complete } = await mesh.data<{ complete: { text: string } }>(
      COMPLETE,
      asking('Ann, ann@example.com'),
    );
    expect(complete.text).toBe('I wrote to Ann, ann@example.com');
    expect(sentTexts(mesh.alpha.calls.at(-1) as never)).toContain('⟨PERSON_1⟩, ⟨EMAIL_1⟩');
    const { body = '', headers = {} } = server.requests.at(-1) ?? {};
    const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(verified).toMatchObject({ stage: 'INPUT', texts: [{ text: 'Ann, ⟨EMAIL_1⟩' }] });
    expect(await verdicts()).toEqual([{ fired: true, failed: false }]);
  });

  it('masks nothing of a placeholder that was made before', async () => {
    await have({});
    respond = ({ texts }) => {
      const end = texts[0]?.text.length ?? 0;
      return { allowed: false, findings: [{ text: 0, start: 0, end, kind: 'ALL' }] };
    };
    echo();
    const { complete } = await mesh.data<{ complete: { text: string } }>(
      COMPLETE,
      asking('Bob, bob@example.com!'),
    );
    expect(sentTexts(mesh.alpha.calls.at(-1) as never)).toContain('⟨ALL_1⟩⟨EMAIL_1⟩⟨ALL_2⟩');
    expect(complete.text).toBe('I wrote to Bob, bob@example.com!');
  });

  it('is refused where it cannot be checked, and passes as failed where the policy states so', async () => {
    await have({});
    respond = () => '<html>busy</html>';
    const calls = mesh.alpha.calls.length;
    expect(await mesh.refusal(COMPLETE, asking('Hello, nonsense'))).toMatchObject({
      ...{
        code: 'GUARDRAIL_BLOCKED',
        guardrail: 'webhook',
        message: expect.stringContaining('could not be checked'),
      },
    });
    expect(mesh.alpha.calls).toHaveLength(calls);
    await have({ onFailure: 'ALLOW' });
    echo();
    await mesh.data(COMPLETE, asking('Hello, nonsense'));
    expect(await verdicts()).toEqual([{ fired: false, failed: true }]);
  });

  it('sends nothing out of the regions of its caller', async () => {
    respond = () => ({ allowed: true });
    const caller = { ...mesh.caller, allowedRegions: ['eu'] };
    const before = server.requests.length;
    for (const region of [null, 'us']) {
      await have({ region });
      expect(await mesh.refusal(COMPLETE, asking(`Hello from ${region}`), caller)).toMatchObject({
        ...{ code: 'GUARDRAIL_BLOCKED', guardrail: 'webhook' },
      });
    }
    expect(server.requests).toHaveLength(before);
    await have({ region: 'eu' });
    echo();
    await mesh.data(COMPLETE, asking('Hello from eu'), caller);
    expect(server.requests).toHaveLength(before + 1);
  });

  it('is refused where its secret was sealed for another address', async () => {
    await have({}, 'BLOCK', 'https://elsewhere.example');
    const before = server.requests.length;
    expect(await mesh.refusal(COMPLETE, asking('Hello, moved'))).toMatchObject({
      ...{ code: 'GUARDRAIL_BLOCKED', guardrail: 'webhook' },
    });
    expect(server.requests).toHaveLength(before);
  });

  it('goes inside the network for policies of the mesh alone, where no host is named', async () => {
    await using closed = await startInference(database, { egress: createEgress() });
    closed.alpha.always((call) => call.say('fine').finish(buildUsage(1, 1)));
    respond = () => ({ allowed: true });
    const before = server.requests.length;
    await have({}, 'BLOCK', server.url, closed.caller.tenantId);
    await closed.catalog.refresh();
    expect(await closed.refusal(COMPLETE, asking('Hello, inside'))).toMatchObject({
      ...{ code: 'GUARDRAIL_BLOCKED', guardrail: 'webhook' },
    });
    expect(server.requests).toHaveLength(before);
    await have({}, 'BLOCK', server.url, null);
    await closed.catalog.refresh();
    await closed.data(COMPLETE, asking('Hello, inside'));
    expect(server.requests).toHaveLength(before + 1);
  });

  it('is looked at once where equal texts were looked at before', async () => {
    await have({});
    respond = findAnn;
    echo();
    const before = server.requests.length;
    for (let index = 0; index < 3; index += 1) await mesh.data(COMPLETE, asking('Ann, three times'));
    expect(server.requests).toHaveLength(before + 1);
  });
});

it('is tested with a text, by a saved policy and with options that are not stored', async () => {
  await have({});
  respond = findAnn;
  const test = async (input: object) =>
    (await mesh.data<{ testGuardrails: Record<string, unknown> }>(testing, { input }, tester)).testGuardrails;
  const found = {
    ...{ allowed: true, text: 'I am ⟨PERSON_1⟩' },
    verdicts: [
      { rule: 'webhook', fired: true, failed: false, spans: [{ start: 5, end: 8, kind: 'PERSON' }] },
    ],
  };
  const saved = await test({ text: 'I am Ann' });
  expect(saved).toMatchObject({ allowed: true, text: 'I am ⟨PERSON_1⟩' });
  const rules = [
    { rule: 'webhook', stages: ['INPUT'], action: 'MASK', options: { url: server.url, secret } },
  ];
  expect(await test({ text: 'I am Ann', rules })).toMatchObject(found);
  respond = () => '[]';
  expect(await test({ text: 'I am Eve', rules })).toMatchObject({
    ...{ allowed: false, verdicts: [{ failed: true, reason: 'it could not be checked' }] },
  });
});
