import { createHash } from 'node:crypto';
import {
  buildClientSchema,
  type GraphQLField,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, scopes, systemCaller } from '#core/caller.ts';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import { identityHeader, signIdentity } from '#transport/identity.ts';
import { createMeshKeyPair, readSigningKey } from '#transport/mesh-keys.ts';
import { listEntities, selectionIn, withoutOwnParts } from './support/probes/entities.ts';
import { buildOperation, listProbes } from './support/probes/probes.ts';
import { type Kind, readState, send } from './support/probes/read-state.ts';
import { type SplitMesh, startSplit } from './support/split.ts';
import { listAlarms } from './support/victim.ts';

/** All that a tenant may have; `tenants:admin` is of the mesh. */
const tenantScopes = Object.keys(scopes).filter((scope) => scope !== 'tenants:admin');

/** Stands in everything that A writes, and in nothing else. */
const sentinel = 'zqsecretofa';

let mesh: SplitMesh;
let schema: GraphQLSchema;
let a: Awaited<ReturnType<typeof newTenant>>;
let b: Awaited<ReturnType<typeof newTenant>>;
/** Ids of A's things by what they are. */
const ids: Record<string, string> = {};
const names = { prompt: '', idempotencyKey: 'same-key-for-both' };
const cursors: Record<string, string> = {};

beforeAll(async () => {
  mesh = await startSplit([subgraphNames.join(',')], { HEDDLE_COST_MAX: '1000000000' });
  const of = () => mesh;
  a = await newTenant(of, { scopes: tenantScopes });
  b = await newTenant(of, { scopes: tenantScopes });
  await fill(a.client);
  const introspection = await b.client.data<IntrospectionQuery>(getIntrospectionQuery());
  schema = buildClientSchema(introspection);
}, 120_000);
afterAll(() => mesh[Symbol.asyncDispose]());

/** Gives A one of everything. */
async function fill(client: TestClient): Promise<void> {
  names.prompt = unique('prompt');
  const version = { model: 'demo/echo', template: `${sentinel} {{x}}`, note: sentinel, label: 'production' };
  const made = await client.data<
    Record<string, { id: string; key?: { id: string }; invitation?: { id: string } }>
  >(
    `mutation ($prompt: CreatePromptInput!, $name: String!, $app: ID!, $call: CompletionInput!, $embed: EmbedInput!, $run: RunPromptInput!) {
      Prompt: createPrompt(input: $prompt) { id }
      App: createApp(input: { name: $name }) { id }
      key: createApiKey(input: { appId: $app, label: $name }) { key { id } }
      invited: inviteMember(input: { email: "${sentinel}@example.org", role: VIEWER, message: $name }) { invitation { id } }
      Member: saveMember(input: { subject: $name, email: "${sentinel}@example.com", role: DEVELOPER }) { id }
      Budget: saveBudget(input: { amount: "5", window: MONTH }) { id }
      AccessGrant: requestAccess(resource: $name, reason: $name) { id }
      Completion: complete(input: $call) { id }
      Invocation: embed(input: $embed) { id: model { id } invocation { id } }
      run: runPrompt(input: $run) { id }
    }`,
    {
      prompt: { name: names.prompt, description: sentinel, version },
      name: sentinel,
      app: a.appId,
      call: call(),
      embed: { model: 'demo/embed', values: [sentinel] },
      run: { name: names.prompt, variables: { x: sentinel } },
    },
  );
  const { prompt } = await client.data<{ prompt: { version: { id: string } } }>(
    'query ($id: ID!) { prompt(id: $id) { version { id } } }',
    { id: made.Prompt?.id },
  );
  const started = await client.data<{ startCompletion: { id: string } }>(
    'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }',
    { input: { model: 'demo/slow', messages: [{ role: 'USER', content: `${sentinel} `.repeat(2_000) }] } },
  );
  const lists = await client.data<Record<string, { edges: { cursor: string; node: { id: string } }[] }>>(
    `{ invocations { edges { cursor node { id } } } prompts { edges { cursor node { id } } }
       auditLog { edges { cursor node { id } } } }`,
  );
  for (const [list, { edges }] of Object.entries(lists)) cursors[list] = edges[0]?.cursor ?? '';
  Object.assign(ids, {
    Tenant: a.tenantId,
    App: made.App?.id,
    firstApp: a.appId,
    ApiKey: made.key?.key?.id,
    firstKey: a.keyId,
    Member: made.Member?.id,
    Invitation: made.invited?.invitation?.id,
    Budget: made.Budget?.id,
    AccessGrant: made.AccessGrant?.id,
    Prompt: made.Prompt?.id,
    PromptVersion: prompt.version.id,
    Completion: made.Completion?.id,
    Invocation: made.run?.id,
    running: started.startCompletion.id,
    audit: lists.auditLog?.edges[0]?.node.id,
  });
  for (const [type, id] of Object.entries(ids)) expect(id, type).toBeTypeOf('string');
}

function call() {
  return {
    model: 'demo/echo',
    messages: [{ role: 'USER', content: sentinel }],
    cache: 'USE',
    idempotencyKey: names.idempotencyKey,
  };
}

/** Calls the field in every way; answers what was said, by the place and the value of the probe. */
async function probe(
  client: TestClient,
  kind: Kind,
  field: GraphQLField<unknown, unknown>,
  values: readonly string[],
): Promise<{ readonly what: string; readonly sent: string; readonly text: string }[]> {
  const depth = kind === 'query' ? 3 : 2;
  const operation = buildOperation(kind, field, depth);
  const calls = listProbes(field).flatMap(({ leaf, takesId, argumentsWith }) => {
    const fitting = leaf === '' ? [''] : takesId ? values : [ids.Prompt ?? '', names.prompt];
    return fitting.map((value) => ({ leaf, value, variables: argumentsWith(value) }));
  });
  const answers: { what: string; sent: string; text: string }[] = [];
  const worker = async () => {
    for (let next = calls.pop(); next !== undefined; next = calls.pop()) {
      const text = await send(client, kind, operation, next.variables);
      answers.push({ what: `${field.name}(${next.leaf}: ${next.value})`, sent: next.value, text });
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return answers;
}

const listFields = (kind: Kind) => Object.values(schema.getRootType(kind as never)?.getFields() ?? {});

const probedValues = () => [...Object.values(ids), names.prompt];

/** What of A's stands in the answer beside what was sent. */
function leaked(text: string, sent: string): string[] {
  return [sentinel, ...probedValues()].filter((value) => value !== sent && text.includes(value));
}

/** All of A's as A sees it, without what reading itself changes. */
function stateOfA(): Promise<string> {
  const operation = buildOperation('query', fieldNamed('query', 'tenant'), 3).replaceAll('lastUsedAt', '');
  return readState(a.client, operation);
}

function fieldNamed(kind: Kind, name: string): GraphQLField<unknown, unknown> {
  const field = listFields(kind).find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`There is no ${kind} ${name}.`);
  return field;
}

/** As long as an id, and of nothing. */
const missing = 'nothing-0000000000000000';

type Answer = Awaited<ReturnType<typeof probe>>[number];

/** B's answers from every field of the kind, with every id and name of A and with one of nothing. */
async function probeAll(kind: Kind): Promise<Map<string, Answer[]>> {
  const answers = new Map<string, Answer[]>();
  for (const field of listFields(kind))
    answers.set(field.name, await probe(b.client, kind, field, [missing, ...probedValues()]));
  return answers;
}

/** For every place of an id: that one of A is answered to B as one of nothing is. */
function compareWithMissing(kind: Kind, answersOfFields: ReadonlyMap<string, readonly Answer[]>): void {
  const differing: string[] = [];
  let compared = 0;
  const compare = new Set([missing, ...Object.values(ids)]);
  for (const answers of answersOfFields.values()) {
    const comparable = answers.filter(({ sent }) => compare.has(sent));
    const byPlace = Map.groupBy(comparable, ({ what, sent }) => what.replace(sent, '<id>'));
    for (const [place, group] of byPlace) {
      const texts = group.map(({ sent, text }) => [sent, withoutOwnParts(text, sent)] as const);
      const expected = texts.find(([sent]) => sent === missing)?.[1];
      // Some things have ids that the caller chooses: B makes its own under the missing id.
      if (expected === undefined || (kind === 'mutation' && !expected.includes('"NOT_FOUND"'))) continue;
      compared++;
      for (const [sent, text] of texts) {
        if (text !== expected)
          differing.push(`${place} ${sent}: ${text.slice(0, 300)} -- ${expected.slice(0, 300)}`);
      }
    }
  }
  expect(differing).toEqual([]);
  expect(compared).toBeGreaterThan(kind === 'query' ? 20 : 30);
}

// First: by the mutations below, B makes things of its own under the ids that it sends.
describe('a subgraph that is called past the gateway', () => {
  const instances = new Map<SubgraphName, string>();
  const foreignKey = readSigningKey(createMeshKeyPair().privateKey);

  async function askSubgraph(
    name: SubgraphName,
    caller: Caller | null,
    query: string,
    variables: Record<string, unknown>,
    key = mesh.signingKey,
  ): Promise<string> {
    const claims = caller && { caller, requestId: 'r', clientAddress: null };
    const audience = { subgraph: name, instance: instances.get(name) };
    const identity = claims && signIdentity(key, audience, claims, { query, variables });
    const response = await fetch(mesh.subgraphUrls[name], {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(identity ? { [identityHeader]: identity } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    const [, instance] = /"instance":"([^"]+)"/.exec(text) ?? [];
    if (instance === undefined) return text;
    // Without Redis, an identity is good at one process.
    instances.set(name, instance);
    return askSubgraph(name, caller, query, variables, key);
  }

  async function askForCaller(client: TestClient): Promise<Caller> {
    const keyHash = createHash('sha256').update(client.key).digest('hex');
    const text = await askSubgraph(
      'tenants',
      systemCaller,
      'query ($keyHash: String!) { _caller(keyHash: $keyHash) }',
      { keyHash },
    );
    return (JSON.parse(text) as { data: { _caller: Caller } }).data._caller;
  }

  it('answers a reference of B to anything of A as one to nothing', { timeout: 120_000 }, async () => {
    const [callerA, callerB] = [await askForCaller(a.client), await askForCaller(b.client)];
    const seenByA = new Set<string>();
    for (const name of subgraphNames) {
      for (const { type, key } of listEntities(name)) {
        const fields = selectionIn(name, type);
        const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${type} ${fields} } }`;
        const toReference = (value: string) => [{ __typename: type, [key]: value }];
        const toNothing = await askSubgraph(name, callerB, query, { of: toReference(missing) });
        const expected = withoutOwnParts(toNothing, missing);
        for (const value of probedValues()) {
          const toB = await askSubgraph(name, callerB, query, { of: toReference(value) });
          expect(withoutOwnParts(toB, value), `${name}: ${type} ${value}`).toBe(expected);
          expect(leaked(toB, value), `${name}: ${type} ${value}: ${toB.slice(0, 300)}`).toEqual([]);
          expect(toB, `${name}: ${type} ${value}`).not.toContain('"INTERNAL"');
          const toA = await askSubgraph(name, callerA, query, { of: toReference(value) });
          if (leaked(toA, value).length > 0) seenByA.add(`${name} ${type}`);
        }
      }
    }
    const own = ['tenants Tenant', 'tenants App', 'tenants Member', 'prompts Prompt', 'inference Completion'];
    expect([...seenByA]).toEqual(expect.arrayContaining(own));
  });

  it('answers no caller without an identity, nor with one of another mesh', async () => {
    const caller = await askForCaller(b.client);
    for (const name of subgraphNames) {
      for (const text of [
        await askSubgraph(name, null, '{ __typename }', {}),
        await askSubgraph(name, caller, '{ __typename }', {}, foreignKey),
        await askSubgraph(name, systemCaller, '{ _service { sdl } }', {}, foreignKey),
      ]) {
        expect(JSON.parse(text), name).toMatchObject({
          errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
        });
        expect(text).not.toContain('"data"');
      }
    }
  });
});

describe('tenant B, with every scope that a tenant can have', () => {
  let answersOfQueries = new Map<string, Answer[]>();
  let answersOfMutations = new Map<string, Answer[]>();

  it('reads nothing of tenant A through any query, whatever ids and names it sends', {
    timeout: 120_000,
  }, async () => {
    const leaks: string[] = [];
    const seenByA = new Set<string>();
    answersOfQueries = await probeAll('query');
    for (const { what, sent, text } of [...answersOfQueries.values()].flat()) {
      if (leaked(text, sent).length > 0) leaks.push(`${what}: ${text.slice(0, 300)}`);
      expect(text, what).not.toContain('"INTERNAL"');
    }
    // The probe must be able to see: to A the same calls show what is A's.
    for (const field of listFields('query')) {
      for (const { sent, text } of await probe(a.client, 'query', field, Object.values(ids))) {
        if (leaked(text, sent).length > 0) seenByA.add(field.name);
      }
    }
    expect(leaks).toEqual([]);
    const ofKeys = [
      'me',
      'tenant',
      'accessGrants',
      'app',
      'apps',
      'apiKey',
      'apiKeys',
      'member',
      'members',
      'budgets',
    ];
    const ofCalls = ['prompts', 'prompt', 'invocations', 'invocation', 'completion', 'auditLog'];
    expect([...seenByA]).toEqual(expect.arrayContaining([...ofKeys, ...ofCalls]));
  });

  it('is answered for an id of A at any place of any query as for one of nothing', () => {
    compareWithMissing('query', answersOfQueries);
  });

  it('hears nothing of tenant A through any subscription', { timeout: 120_000 }, async () => {
    // `events` does not end: subgraphs/usage/events has the tests of whose it delivers.
    for (const field of listFields('subscription').filter(({ name }) => name !== 'events')) {
      for (const { what, sent, text } of await probe(b.client, 'subscription', field, probedValues())) {
        expect(leaked(text, sent), `${what}: ${text.slice(0, 300)}`).toEqual([]);
      }
    }
  });

  it('uses no cursor of A to see what is A’s', async () => {
    for (const [list, cursor] of Object.entries(cursors)) {
      const text = await send(
        b.client,
        'query',
        `query ($after: String) { ${list}(after: $after) { edges { node { id } } } }`,
        { after: cursor },
      );
      expect(leaked(text, ''), list).toEqual([]);
    }
  });

  it('gets a completion of its own for the same idempotency key and the same cached question', async () => {
    const ask = 'mutation ($input: CompletionInput!) { complete(input: $input) { id cache } }';
    type Completed = { complete: { id: string; cache: string } };
    const own = await b.client.data<Completed>(ask, { input: call() });
    expect(own.complete).toMatchObject({ cache: 'MISS' });
    expect(own.complete.id).not.toBe(ids.Completion);
    const again = await a.client.data<Completed>(ask, { input: { ...call(), idempotencyKey: null } });
    expect(again.complete.cache).toBe('HIT');
  });

  it('changes nothing of tenant A through any mutation', { timeout: 120_000 }, async () => {
    const before = await stateOfA();
    const wrong: string[] = [];
    answersOfMutations = await probeAll('mutation');
    for (const { what, text } of [...answersOfMutations.values()].flat()) {
      // B may read back what B has sent (ids and names), but nothing that only A has said.
      if (text.includes(sentinel)) wrong.push(`${what}: ${text.slice(0, 300)}`);
      if (text.includes('"INTERNAL"')) wrong.push(`${what}: ${text.slice(0, 300)}`);
    }
    expect(wrong).toEqual([]);
    expect(await stateOfA()).toBe(before);
    expect(await a.client.data('{ me { kind } }')).toEqual({ me: { kind: 'API_KEY' } });
  });

  it('is answered for an id of A at any place of any mutation as for one of nothing', () => {
    compareWithMissing('mutation', answersOfMutations);
  });

  it('has logged no error', () => {
    expect(listAlarms(mesh)).toEqual([]);
  });
});
