import { randomUUID } from 'node:crypto';
import { openCatalog } from '#catalog/catalog.ts';
import type { Caller } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { invocations } from '#mongo/invocations.ts';
import { type IssuerRecord, issuers } from '#mongo/issuers.ts';
import { legalHolds } from '#mongo/legal-holds.ts';
import { meterHours, meterRollups } from '#mongo/meter-hours.ts';
import { sessions } from '#mongo/sessions.ts';
import { toBlockId, usageBlocks } from '#mongo/usage/usage-blocks.ts';
import { createModelsSubgraph } from '#subgraphs/models/subgraph.ts';
import { createPromptsSubgraph } from '#subgraphs/prompts/subgraph.ts';
import type { Subgraph } from '#transport/executor.ts';
import { testSecrets } from '../seal.ts';
import { ask, askForData } from '../subgraph.ts';
import type { TestTenant } from '../tenants.ts';
import type { TestErasing } from './erasing.ts';

/** All subgraphs that write what belongs to tenants. */
export interface TestTenantFiller extends AsyncDisposable {
  /** A new tenant with records in every collection that holds something of tenants; every name of it contains the word. */
  fill(word: string): Promise<FilledTenant>;
}

export interface FilledTenant extends TestTenant {
  readonly name: string;
  /** Names, ids of people and contents, which nothing in the store contains when the tenant is erased. */
  readonly traces: readonly string[];
}

type Made = Readonly<
  Record<string, { readonly id: string; readonly secret: string; readonly key: { readonly id: string } }>
>;

export async function openTenantFiller(erasing: TestErasing): Promise<TestTenantFiller> {
  const { deps, admin } = erasing.tenants;
  const { connection } = erasing.database;
  const services = { ...deps, connection, secrets: testSecrets, bus: erasing.parts.bus };
  const catalog = await openCatalog(connection, { bus: services.bus, refreshMs: 3_600_000 });
  const models = createModelsSubgraph(services);
  const prompts = createPromptsSubgraph({ ...services, catalog });
  const run = (subgraph: Subgraph, query: string, variables = {}, caller: Caller = admin) =>
    askForData<Made>(subgraph, caller, query, variables);

  async function fillTenants(
    { tenantId, appId, caller }: TestTenant,
    word: string,
  ): Promise<readonly string[]> {
    const made = await run(
      erasing.tenants.subgraph,
      `mutation ($t: ID!, $a: ID!, $w: String!, $email: String!) {
        team: createTeam(input: { tenantId: $t, name: $w }) { id }
        app: createApp(input: { tenantId: $t, name: $w }) { id }
        role: saveRole(input: { tenantId: $t, name: "role-${word.toLowerCase()}", scopes: [] }) { id: name }
        documents: saveTrustedDocuments(input: { tenantId: $t, documents: [{ id: $w, body: "query ${word} { me { kind } }" }] }) { saved }
        member: saveMember(input: { tenantId: $t, subject: "subject-${word}", email: $email, role: DEVELOPER }) { id }
        policy: saveGuardrailPolicy(input: { tenantId: $t, id: "policy-${word.toLowerCase()}", rules: [{ rule: "secrets", stages: [INPUT], action: BLOCK }] }) { id }
        consent: saveConsent(input: { tenantId: $t, endUserId: $w, purposes: ["purpose-${word.toLowerCase()}"] }) { id }
        source: saveConsentSource(input: { tenantId: $t, url: "https://${word.toLowerCase()}.example", secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id: url }
        hook: saveWebhook(input: { tenantId: $t, id: "hook-${word.toLowerCase()}", url: "https://${word.toLowerCase()}.example", types: ["*"], secret: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }) { id }
        provisioning: saveProvisioning(input: { tenantId: $t, role: VIEWER }) { id: tenantId }
        invited: inviteMember(input: { tenantId: $t, email: $email, role: DEVELOPER, message: $w }) { invitation { id } }
        budget: saveBudget(input: { tenantId: $t, appId: $a, amount: "1", window: DAY }) { id }
        key: createApiKey(input: { appId: $a, label: $w, scopes: ["inference:invoke"] }) { secret key { id } }
      }`,
      { t: tenantId, a: appId, w: word, email: `ada@${word}.example` },
    );
    await run(
      erasing.tenants.subgraph,
      'mutation ($w: String!) { requestAccess(resource: $w, reason: $w) { id } }',
      { w: word },
      caller,
    );
    const person = `{ externalId: "id-${word}", userName: "user-${word}", displayName: "${word}" }`;
    await run(
      erasing.tenants.subgraph,
      `mutation { provisionMember(input: ${person}) { id } saveMemberGroup(input: { displayName: "group-${word}" }) { id } }`,
      {},
      { ...caller, scopes: ['members:write'] },
    );
    // A refusal, which is counted.
    await ask(
      erasing.tenants.subgraph,
      { ...caller, scopes: [] },
      'mutation { createApp(input: { name: "x" }) { id } }',
    );
    await run(
      erasing.tenants.subgraph,
      'mutation { createPageToken(input: { endUserId: "user" }) { token } }',
      {},
      caller,
    );
    await erasing.eraseEndUser(`ended-${word}`, caller);
    return [made.team?.id, made.app?.id, made.member?.id, made.budget?.id, made.key?.key.id].map(String);
  }

  async function fillModels({ tenantId }: TestTenant, word: string): Promise<void> {
    const name = word.toLowerCase();
    for (const provider of [name, `former-${name}`]) {
      await run(
        models,
        `mutation ($t: ID!) { createProvider(input: { id: "${provider}", tenantId: $t, kind: OPENAI_COMPATIBLE, baseUrl: "https://${word}.example", apiKey: "sk-${word}" }) { id } }`,
        { t: tenantId },
      );
      for (const model of ['one', 'former']) {
        await run(
          models,
          `mutation ($t: ID!) { createModel(input: { providerId: "${provider}", tenantId: $t, name: "${model}-${name}" }) { id } }`,
          { t: tenantId },
        );
      }
    }
    await run(models, `mutation { deleteModel(id: "${tenantId}:${name}/former-${name}") }`);
    await run(models, `mutation { deleteProvider(id: "${tenantId}:former-${name}") }`);
    await run(
      models,
      `mutation ($t: ID!) {
        saveRoute(input: { alias: "route-${name}", tenantId: $t, strategy: PRIORITY, targets: [{ model: "${tenantId}:${name}/one-${name}" }] }) { id: alias }
        saveModelAlias(input: { name: "alias-${name}", tenantId: $t, target: "alpha/one" }) { id: name }
      }`,
      { t: tenantId },
    );
    await run(
      prompts,
      `mutation ($t: ID!, $w: String!) { createPrompt(input: { tenantId: $t, name: "prompt${word}", description: $w, version: { model: "alpha/one", template: $w, note: $w } }) { id } }`,
      { t: tenantId, w: `Recipe of ${word}` },
    );
  }

  /** What no operation of these subgraphs makes. */
  async function fillStore({ tenantId, appId, keyId }: TestTenant, word: string): Promise<void> {
    const now = new Date();
    const hour = new Date(now.getTime() - (now.getTime() % 3_600_000) - 7_200_000);
    const sums = { requests: 1n, inputTokens: 1n, outputTokens: 1n, costNanos: 1n };
    await meterHours(connection).create({
      ...{
        _id: `${tenantId} ${hour.getTime()}`,
        tenantId,
        hour,
        groups: [{ appId, keyLineId: keyId, ...sums }],
      },
    });
    await meterRollups(connection).create({ _id: tenantId, from: hour, until: hour, version: 0 });
    const slice = { level: 'HOUR', start: hour, tenantId, shape: 'APP' } as const;
    await usageBlocks(connection).create({
      ...{ _id: toBlockId(slice), ...slice, groups: 1, keys: { APP: [`app-${word}`] }, columns: {} },
      ...{ labels: [], kept: [], fold: 'test' },
    });
    await sessions(connection).create({
      ...{ _id: randomUUID(), sessionHash: randomUUID(), tenantId, keyId: null, issuerId: word },
      ...{ subject: `subject-${word}`, claims: '{}', createdAt: now, lastUsedAt: now },
      expiresAt: new Date(now.getTime() + 3_600_000),
    });
    const claims = { subject: 'sub', email: 'email', groups: 'groups', scopes: 'scope' };
    const rules = [{ claim: 'groups', value: word, tenantId, role: 'VIEWER', appId: null }];
    const addIssuer = (_id: string, more: Pick<IssuerRecord, 'rules' | 'tenantIds'>) =>
      issuers(connection).create({
        ...{ _id, issuer: `https://${_id}.example`, audience: ['a'], jwksUrl: null, createdAt: now },
        ...{ claims: { ...claims, tenant: null, role: null, endUser: null }, ...more },
      });
    // Erasures wait while a hold is in force.
    await legalHolds(connection).create({
      ...{
        _id: `hold-${word}`,
        tenantId,
        appId: null,
        from: null,
        to: null,
        reason: `About ${word}`,
        byOperator: false,
      },
      ...{
        status: 'RELEASED',
        createdAt: hour,
        releasedAt: hour,
        after: null,
        coveredAt: null,
        passSince: null,
      },
    });
    const ofAlerts: Readonly<Record<string, object>> = {
      alerts: { enabled: false, dueAt: now },
      alertActions: { alertId: `${tenantId}:${word}`, reason: `About ${word}`, requestedAt: hour },
      alertEpisodes: { alertId: `${tenantId}:${word}`, reason: `About ${word}`, startedAt: hour },
      alertSightings: { keyLineId: keyId, kind: 'MODEL', value: `model-${word}`, firstAt: hour, lastAt: now },
      usage_exports: { by: ['KEY'], filter: { KEY: [word] }, status: 'SUCCEEDED', createdAt: hour },
      usage_export_parts: { exportId: `${tenantId}:${word}`, text: `key,${word}` },
      webhook_deliveries: { webhookId: `${tenantId}:${word}`, eventType: 'app.created', createdAt: now },
    };
    for (const [name, fields] of Object.entries(ofAlerts)) {
      await connection
        .collection(name)
        .insertOne({ _id: `${tenantId}:${word}` as never, tenantId, ...fields });
    }
    await addIssuer(word, { rules });
    await addIssuer(`bound-${word}`, { rules: [], tenantIds: [tenantId] });
    await apiKeys(connection).updateOne({ _id: keyId }, { $set: { lastUsedFrom: '192.0.2.1' } });
  }

  return {
    async fill(word) {
      const name = `The ${word} Company`;
      const tenant = await erasing.tenants.addTenant(name, ['inference:invoke', 'tenants:write']);
      const { appId, keyId, caller } = tenant;
      const ids = await fillTenants(tenant, word);
      await fillModels(tenant, word);
      await fillStore(tenant, word);
      const inTeam = {
        ...{ ...caller, teamId: ids[0] ?? '', makerScopes: [`app:${ids[1]}`] },
        payloadLogging: 'FULL' as const,
      };
      await erasing.call(inTeam, {
        ...{ endUserId: `user-${word}`, idempotencyKey: word, tags: [word] },
        messages: [{ role: 'USER', content: `A question of ${word}.` }],
      });
      const verdict = {
        rule: 'secrets',
        policyId: `${tenant.tenantId}:${word}`,
        policyVersion: 1,
        reason: word,
      };
      await invocations(connection).updateMany(
        { tenantId: tenant.tenantId },
        {
          $set: {
            guardrailVerdicts: [verdict] as never,
            sizes: { input: [], tools: 0, textCharacters: 1, reasoningCharacters: 0, toolCalls: 0 },
          },
        },
      );
      return { ...tenant, name, traces: [...ids, appId, keyId, word] };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([models, prompts, catalog].map((part) => part[Symbol.asyncDispose]()));
    },
  };
}
