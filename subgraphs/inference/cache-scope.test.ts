import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cacheScopes, narrowestScope } from '#core/cache-scope.ts';
import type { Caller } from '#core/caller.ts';
import type { CacheScope } from '#core/graph-enums.generated.ts';
import { cacheKey } from '#inference/admission/cache-key.ts';
import type { Database } from '#mongo/connect.ts';
import { createMeterHistory } from '#mongo/meter-history.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { openState } from '#state/open-state.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { hasRedis, startRedis } from '#test/support/processes/redis.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { testPayloads } from '#test/support/seal.ts';
import { readCachePolicies } from './cache-policies.ts';
import { parseCompletionInput } from './input/parse-input.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { text cache } }';
const RUN = 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { cache } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  ... on CompletionFinished { completion { cache } } } }`;

/** Who asks: a caller, and the end user that the call names. */
interface Asker {
  readonly caller: Caller;
  readonly endUserId?: string;
}

type Narrowed = 'CALLER' | 'APP' | 'TENANT';

/** Who asks the same as a key did for the end user u1, and from which scope on it shares the answer. */
const askers: readonly [who: string, sharedFrom: CacheScope | null, as: (key: Caller) => Asker][] = [
  ['the same key for the same end user', 'CALLER', (key) => ({ caller: key, endUserId: 'u1' })],
  [
    'the same key after its rotation',
    'CALLER',
    (key) => ({ caller: { ...key, keyId: 'rotated' }, endUserId: 'u1' }),
  ],
  ["a page token of the end user's", 'CALLER', (key) => ({ caller: { ...key, endUserId: 'u1' } })],
  ['the same key for another end user', 'APP', (key) => ({ caller: key, endUserId: 'u2' })],
  ['a page token of another end user', 'APP', (key) => ({ caller: { ...key, endUserId: 'u2' } })],
  ['the same key for no end user', 'APP', (key) => ({ caller: key })],
  [
    'another key of the app for the same end user',
    'APP',
    (key) => ({ caller: { ...key, keyId: 'k2', keyLineId: 'k2' }, endUserId: 'u1' }),
  ],
  [
    'a key of another app for the same end user',
    'TENANT',
    (key) => ({ caller: { ...key, appId: 'app2', keyId: 'k3', keyLineId: 'k3' }, endUserId: 'u1' }),
  ],
  [
    'a key of another tenant, otherwise alike',
    'PUBLIC',
    (key) => ({ caller: { ...key, tenantId: `${key.tenantId}-2` }, endUserId: 'u1' }),
  ],
];

const isShared = (scope: CacheScope, from: CacheScope | null) =>
  from !== null && cacheScopes.indexOf(scope) >= cacheScopes.indexOf(from);

const choices = (['CALLER', 'APP', 'TENANT'] as const).flatMap((scope) =>
  (['by setting', 'by call'] as const).map((how) => [scope, how] as const),
);

const rows = choices.flatMap(([scope, how]) =>
  askers.map(([who, from, as]) => [scope, how, who, isShared(scope, from), as] as const),
);

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

/** Asks as this asker where app or tenant, or the call, has chosen the scope. */
function asking(
  mesh: TestInference,
  { caller, endUserId }: Asker,
  scope: Narrowed,
  how: string,
  content = 'Say something.',
) {
  const isSet = how === 'by setting';
  const input = {
    model: 'alpha/one',
    messages: [{ role: 'USER', content }],
    cache: 'USE',
    ...(endUserId === undefined ? {} : { endUserId }),
    ...(isSet ? {} : { cacheScope: scope }),
  };
  const as = isSet ? { ...caller, cacheScope: scope } : caller;
  return mesh
    .data<{ complete: { cache: string } }>(COMPLETE, { input }, as)
    .then(({ complete }) => complete.cache);
}

const first = (caller: Caller): Asker => ({ caller, endUserId: 'u1' });

describe('an answer that is shared with', () => {
  it.each(rows)('%s (%s) is found by %s: %s', async (scope, how, _who, shared, as) => {
    await using mesh = await startInference(database);
    mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(1, 1)));
    expect(await asking(mesh, first(mesh.caller), scope, how)).toBe('MISS');
    await vi.waitFor(async () => expect(await asking(mesh, first(mesh.caller), scope, how)).toBe('HIT'));
    expect(await asking(mesh, as(mesh.caller), scope, how)).toBe(shared ? 'HIT' : 'MISS');
    expect(mesh.alpha.calls).toHaveLength(shared ? 1 : 2);
  });

  it.each(rows)('%s (%s), while it is being made, joins %s: %s', async (scope, how, _who, shared, as) => {
    await using mesh = await startInference(database);
    const looks = vi.spyOn(mesh.cache, 'get');
    const leading = asking(mesh, first(mesh.caller), scope, how);
    const call = await mesh.alpha.next();
    const following = asking(mesh, as(mesh.caller), scope, how);
    await vi.waitFor(() => expect(looks).toHaveBeenCalledTimes(2));
    if (!shared) (await mesh.alpha.next()).say('their own').finish(buildUsage(1, 1));
    call.say('for all').finish(buildUsage(1, 1));
    expect(await leading).toBe('MISS');
    expect(await following).toBe(shared ? 'COALESCED' : 'MISS');
    expect(mesh.alpha.calls).toHaveLength(shared ? 1 : 2);
  });
});

if (!hasRedis())
  console.warn('Left out: cache scopes in many processes. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('in two processes that share a Redis, an answer that is shared with', () => {
  const opened = new AsyncDisposableStack();
  let start: () => Promise<readonly [TestInference, TestInference]>;
  beforeAll(async () => {
    const { url } = opened.use(await startRedis());
    const log = pino({ level: 'silent' });
    const states = [
      opened.use(await openState(url, log, { seal: testPayloads })),
      opened.use(await openState(url, log, { seal: testPayloads })),
    ] as const;
    const begin = (state: (typeof states)[number]) => {
      const quota = state.openQuota(createMeterHistory(database.connection));
      return startInference(database, { ...state, quota });
    };
    start = async () => [await begin(states[0]), await begin(states[1])];
  });
  afterAll(() => opened.disposeAsync());

  it.each(choices)('%s (%s) is found by those alone', async (scope, how) => {
    const [one, two] = await start();
    await using _one = one;
    await using _two = two;
    for (const mesh of [one, two]) {
      mesh.alpha.always((call, number) => call.say(`answer ${number}`).finish(buildUsage(1, 1)));
    }
    for (const [who, from, as] of askers) {
      const text = `Say something to ${who}.`;
      expect(await asking(one, first(one.caller), scope, how, text)).toBe('MISS');
      await vi.waitFor(async () =>
        expect(await asking(two, first(one.caller), scope, how, text)).toBe('HIT'),
      );
      const asked = await asking(two, as(one.caller), scope, how, text);
      expect([who, asked]).toEqual([who, isShared(scope, from) ? 'HIT' : 'MISS']);
    }
  });
});

describe('the scope of a call', () => {
  it('is the narrowest that field, settings and call allow', () => {
    for (const field of cacheScopes) {
      for (const setting of [undefined, ...cacheScopes]) {
        for (const call of [null, ...cacheScopes]) {
          const given = [field, setting, call].flatMap((scope) => (scope == null ? [] : [scope]));
          const expected = cacheScopes.find((scope) => given.includes(scope));
          expect(narrowestScope(field, setting, call)).toBe(expected);
        }
      }
    }
    expect(narrowestScope('TENANT', 'EVERYONE' as CacheScope)).toBe('CALLER');
  });

  it.each<[Narrowed, Narrowed, Narrowed]>([
    ['TENANT', 'CALLER', 'CALLER'],
    ['APP', 'TENANT', 'APP'],
    ['CALLER', 'TENANT', 'CALLER'],
  ])('set to %s and called with %s is %s', async (setting, call, expected) => {
    await using mesh = await startInference(database);
    mesh.alpha.always((made, number) => made.say(`answer ${number}`).finish(buildUsage(1, 1)));
    const input = {
      model: 'alpha/one',
      messages: [{ role: 'USER', content: 'Say something.' }],
      cache: 'USE',
      cacheScope: call,
      endUserId: 'u1',
    };
    await mesh.data(COMPLETE, { input }, { ...mesh.caller, cacheScope: setting });
    await vi.waitFor(async () =>
      expect(await asking(mesh, first(mesh.caller), expected, 'by call')).toBe('HIT'),
    );
    for (const other of (['CALLER', 'APP', 'TENANT'] as const).filter((scope) => scope !== expected)) {
      expect(await asking(mesh, first(mesh.caller), other, 'by call')).toBe('MISS');
    }
  });

  it('holds for streams, and PUBLIC is refused, since it narrows nothing', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((made, number) => made.say(`answer ${number}`).finish(buildUsage(1, 1)));
    const input = {
      model: 'alpha/one',
      messages: [{ role: 'USER', content: 'Say something.' }],
      cache: 'USE',
      endUserId: 'u1',
    };
    expect(await asking(mesh, first(mesh.caller), 'APP', 'by call')).toBe('MISS');
    const streamed = async (cacheScope: string) => {
      let last: unknown;
      for await (const event of await mesh.stream(STREAM, { input: { ...input, cacheScope } })) last = event;
      return last;
    };
    await vi.waitFor(async () =>
      expect(await asking(mesh, first(mesh.caller), 'APP', 'by call')).toBe('HIT'),
    );
    expect(await streamed('APP')).toMatchObject({ completion: { cache: 'HIT' } });
    expect(await streamed('CALLER')).toMatchObject({ completion: { cache: 'MISS' } });
    expect(await mesh.refusal(COMPLETE, { input: { ...input, cacheScope: 'PUBLIC' } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'cacheScope',
    });
  });

  it('holds for prompts', async () => {
    await using mesh = await startInference(database);
    mesh.alpha.always((made, number) => made.say(`answer ${number}`).finish(buildUsage(1, 1)));
    const tenantId = mesh.caller.tenantId ?? '';
    const made = { tenantId, createdAt: new Date() };
    const prompt = { _id: `p ${tenantId}`, name: 'greet', description: null, newest: 1, labels: {} };
    await prompts(database.connection).create({ ...prompt, ...made });
    await promptVersions(database.connection).create({
      _id: `v ${tenantId}`,
      promptId: prompt._id,
      number: 1,
      model: 'alpha/one',
      system: null,
      template: 'Hello',
      variables: [],
      outputSchemaJson: null,
      parameters: null,
      note: null,
      createdBy: 'test',
      ...made,
    });
    const run = async (cacheScope: string, keyLineId: string) => {
      const input = { name: 'greet', variables: {}, cache: 'USE', cacheScope };
      const { runPrompt } = await mesh.data<{ runPrompt: { cache: string } }>(
        RUN,
        { input },
        { ...mesh.caller, keyLineId },
      );
      return runPrompt.cache;
    };
    expect(await run('CALLER', 'k1')).toBe('MISS');
    await vi.waitFor(async () => expect(await run('CALLER', 'k1')).toBe('HIT'));
    expect(await run('CALLER', 'k2')).toBe('MISS');
    expect(await run('APP', 'k1')).toBe('MISS');
    await vi.waitFor(async () => expect(await run('APP', 'k2')).toBe('HIT'));
    const refused = { name: 'greet', variables: {}, cacheScope: 'PUBLIC' };
    expect(await mesh.refusal(RUN, { input: refused })).toMatchObject({ field: 'cacheScope' });
  });

  it('is read from the directive, and any other is refused at start', () => {
    const policies = readCachePolicies(
      'type Mutation { complete: ID @cache(maxAge: 1, scope: APP) runPrompt: ID @cache(maxAge: 1, scope: PUBLIC) }',
    );
    expect(policies).toMatchObject({ complete: { scope: 'APP' }, runPrompt: { scope: 'PUBLIC' } });
    expect(() => readCachePolicies('type Mutation { complete: ID @cache(maxAge: 1, scope: ALL) }')).toThrow(
      'CALLER, APP, TENANT, PUBLIC',
    );
  });
});

describe('where an answer is kept', () => {
  const base = { tenantId: 't', appId: 'a', keyId: 'k1', keyLineId: 'k1' };
  const computeKey = (more: Partial<Caller>, scope: CacheScope) => {
    const caller = { ...base, subject: null, endUserId: null, allowedRegions: null, ...more } as Caller;
    const origin = { requestId: 'r', clientRequestId: null, clientAddress: null, caller };
    const input = { model: 'm', messages: [{ role: 'USER', content: 'x' } as const] };
    return cacheKey(parseCompletionInput(input, origin), caller, scope, '');
  };

  it('differs between all scopes of one caller', () => {
    expect(new Set(cacheScopes.map((scope) => computeKey({}, scope))).size).toBe(cacheScopes.length);
  });

  it('is the same for all with PUBLIC, and for one caller alone where there is no app', () => {
    expect(computeKey({ tenantId: 'other', appId: 'b', keyLineId: 'k2' }, 'PUBLIC')).toBe(
      computeKey({}, 'PUBLIC'),
    );
    const user = (subject: string) =>
      computeKey({ appId: null, keyId: null, keyLineId: null, subject }, 'APP');
    expect(user('ada')).toBe(user('ada'));
    expect(user('ada')).not.toBe(user('ben'));
  });

  it('is not mistaken for another however ids are chosen', () => {
    expect(computeKey({ tenantId: 't', appId: 'a' }, 'APP')).not.toBe(
      computeKey({ tenantId: 't","a', appId: '' }, 'APP'),
    );
    expect(computeKey({ keyLineId: 'a' }, 'CALLER')).not.toBe(
      computeKey({ keyLineId: null, appId: 'a' }, 'CALLER'),
    );
  });
});
