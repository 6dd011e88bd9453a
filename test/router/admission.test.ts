import { readFileSync } from 'node:fs';
import { print } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallerLimit } from '#core/caller.ts';
import { newRequestId } from '#core/request-id.ts';
import { resolveLimits } from '#gateway/limits.ts';
import { PlannerProcess } from '#gateway/planning/planner.ts';
import { createRouter, isOperation, isStream } from '#gateway/router.ts';
import type { Database } from '#mongo/connect.ts';
import { listLimits } from '#state/quota/caller-limits.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';

const limit = (meter: CallerLimit['meter'], amount: string, window: CallerLimit['window'] = 'DAY') => ({
  subject: 'key:k',
  meter,
  window,
  amount,
});
const inFlight = (amount: string) => limit('CONCURRENCY', amount, 'INFLIGHT');

/** Each call is bounded by about 140 tokens of input and 50 of output. */
const chat = { model: 'alpha/one', messages: [{ role: 'USER', content: 'x' }], maxOutputTokens: 50 };
const variables = { chat, embed: { model: 'alpha/embed', values: ['x'] } };
const head = 'mutation ($chat: CompletionInput!, $embed: EmbedInput!, $no: Boolean = false)';
const complete = 'complete(input: $chat) { id }';
const start = 'startCompletion(input: $chat) { id }';
const embed = 'embed(input: $embed) { cost }';
const prompt = (name: string) => `${name}: createPrompt(input: { name: "${name}" }) { name }`;
const repeat = (field: string, count: number) =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');

const supergraphSdl = readFileSync(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8');
const planner = new PlannerProcess(supergraphSdl);

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(async () => {
  await planner[Symbol.asyncDispose]();
  await database.close();
});

/** The document without the variables of `head` that it does not use. */
function withUsedVariables(document: string): string {
  return document.replace(/\((.*?)\) /, (_, declared: string) => {
    const used = declared.split(', ').filter((one) => countDeclarations(document, one) > 1);
    return used.length === 0 ? '' : `(${used.join(', ')}) `;
  });
}

function countDeclarations(document: string, declaration: string): number {
  const [, name = ''] = /\$(\w+)/.exec(declaration) ?? [];
  return document.match(new RegExp(`\\$${name}\\b`, 'g'))?.length ?? 0;
}

/** What the prompts subgraph was asked to do. */
const created: string[] = [];

/** An inference subgraph behind a router over the whole graph. */
async function begin(...limits: readonly CallerLimit[]) {
  const mesh = await startInference(database, { limits, delay: async () => undefined });
  mesh.alpha.always((call) => call.say('yes').finish(buildUsage(5, 5)));
  created.length = 0;
  const sent: string[] = [];
  /** It dies with its next request to inference after so many. */
  const gateway = { requestsMax: Number.POSITIVE_INFINITY };
  const answerless = { execute: async () => ({ data: {} }) };
  const router = createRouter({
    supergraphSdl,
    planner,
    executors: {
      models: answerless,
      tenants: answerless,
      usage: answerless,
      prompts: {
        async execute({ document }) {
          created.push(print(document));
          const [operation] = document.definitions;
          const fields = operation?.kind === 'OperationDefinition' ? operation.selectionSet.selections : [];
          const keys = fields.flatMap((field) =>
            field.kind === 'Field' ? (field.alias ?? field.name).value : [],
          );
          return { data: Object.fromEntries(keys.map((key) => [key, { __typename: 'Prompt', name: 'p' }])) };
        },
      },
      inference: {
        execute: (request) => {
          if (sent.length >= gateway.requestsMax) throw new Error('The gateway has gone.');
          sent.push(print(request.document));
          return mesh.subgraph.execute(request);
        },
      },
    },
    limits: resolveLimits({}),
    log: pino({ level: 'silent' }),
  });
  const ask = async (query: string, given: object = variables, signal?: AbortSignal) => {
    const caller = { ...mesh.caller, scopes: [...mesh.caller.scopes, 'prompts:write' as const] };
    const operation = router.prepare(withUsedVariables(query), undefined, caller);
    if (!isOperation(operation)) throw new Error(JSON.stringify(operation));
    const context = { caller, requestId: newRequestId(), clientAddress: null, signal };
    const answer = await router.run(operation, { ...given }, context);
    if (isStream(answer)) throw new Error('a stream');
    return answer;
  };
  const data = async (query: string, given: object = variables) => {
    const answer = await ask(query, given);
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };
  return { ...mesh, sent, gateway, ask, data, [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose]() };
}
const read = ({ quota, caller }: Pick<TestInference, 'quota' | 'caller'>) =>
  quota.read(caller.tenantId ?? '', listLimits(caller));

describe('the charged fields of one mutation', () => {
  const refused: readonly (readonly [what: string, limit: CallerLimit, fields: string])[] = [
    ['fifty calls under REQUESTS 10', limit('REQUESTS', '10'), repeat(complete, 50)],
    ['two calls under REQUESTS 1', limit('REQUESTS', '1'), `a: ${complete} b: ${complete}`],
    ['calls of different fields', limit('REQUESTS', '2'), `${complete} ${start} ${embed}`],
    ['two embeddings', limit('REQUESTS', '1'), `a: ${embed} b: ${embed}`],
    ['more TOKENS together', limit('TOKENS', '300'), `a: ${complete} b: ${complete}`],
    ['more COST together', limit('COST', '1000000'), `a: ${complete} b: ${complete}`],
    ['more background calls than CONCURRENCY', inFlight('2'), repeat(start, 3)],
    ['a call beside background calls', inFlight('2'), `a: ${start} b: ${start} ${complete}`],
    ['a limit of a short window', limit('REQUESTS', '1', 'MINUTE'), `a: ${complete} b: ${complete}`],
    [
      'fields of other subgraphs between',
      limit('REQUESTS', '1'),
      `a: ${complete} ${prompt('q')} b: ${complete}`,
    ],
    ['fields in fragments', limit('REQUESTS', '1'), `a: ${complete} ... { ...F } `],
  ];
  it.each(refused)('are refused as a whole, with nothing charged: %s', async (_, bound, fields) => {
    await using mesh = await begin(bound);
    const document = `${head} { ${fields} } ${fields.includes('...F') ? `fragment F on Mutation { ${complete} }` : ''}`;
    const { errors = [], data } = await mesh.ask(document);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'QUOTA_EXCEEDED', meter: bound.meter } }]);
    expect(mesh.alpha.calls).toEqual([]);
    expect(created).toEqual([]);
    expect(await mesh.rows()).toEqual([]);
    expect(await read(mesh)).toEqual([{ spent: 0n, reserved: 0n }]);
    // One of them alone fits.
    await mesh.data(`${head} { ${complete} }`, variables);
  });

  it('are admitted when the first of them is due: what stands before it has run, and they may use it', async () => {
    await using mesh = await begin(limit('REQUESTS', '1'));
    const { errors = [] } = await mesh.ask(
      `${head} { ${prompt('p')} a: ${complete} ${prompt('q')} b: ${complete} }`,
    );
    expect(errors).toMatchObject([{ path: ['a'], extensions: { code: 'QUOTA_EXCEEDED' } }]);
    expect(created).toHaveLength(1);
    expect(mesh.alpha.calls).toEqual([]);
    expect(await read(mesh)).toEqual([{ spent: 0n, reserved: 0n }]);
  });

  it.each([
    ['as many as the limit', limit('REQUESTS', '3'), `${complete} ${start} ${embed}`],
    [
      'fields of other subgraphs before and between',
      limit('REQUESTS', '2'),
      `${prompt('p')} a: ${complete} ${prompt('q')} b: ${complete}`,
    ],
    ['one after another under CONCURRENCY 1', inFlight('1'), repeat(complete, 3)],
    [
      'what @skip and @include leave out',
      limit('REQUESTS', '1'),
      `${complete} ${embed.replace('{', '@include(if: $no) {')} ... @skip(if: true) { b: ${complete} }`,
    ],
    ['the same field twice', limit('REQUESTS', '1'), `${complete} ${complete} ... { ${complete} }`],
    [
      'as many background calls as CONCURRENCY, which need no slot beside their own',
      inFlight('2'),
      repeat(start, 2),
    ],
  ])('run when they fit together: %s', async (_, bound, fields) => {
    await using mesh = await begin(bound);
    await mesh.data(`${head} { ${fields} }`, variables);
    await vi.waitFor(async () => {
      expect((await mesh.rows()).map(({ status }) => status)).not.toContain('RUNNING');
    });
    await vi.waitFor(async () => expect((await read(mesh))[0]?.reserved).toBe(0n));
    expect((await read(mesh))[0]?.spent).toBe(bound.meter === 'REQUESTS' ? BigInt(bound.amount) : 0n);
  });

  it('return what was reserved for those that no longer run', async () => {
    const bounds = [limit('REQUESTS', '10'), limit('TOKENS', '10000'), inFlight('2')];
    await using mesh = await begin(...bounds);
    mesh.alpha.always((call, number) => {
      if (number === 2) call.fail(buildFailure('CONTENT_FILTERED', false));
      else call.say('yes').finish(buildUsage(5, 5));
    });
    const { errors = [] } = await mesh.ask(`${head} { ${repeat(complete, 8)} }`, variables);
    expect(errors).toMatchObject([{ path: ['a1'], extensions: { code: 'CONTENT_FILTERED' } }]);
    expect(mesh.alpha.calls).toHaveLength(2);
    expect(await read(mesh)).toEqual([
      { spent: 2n, reserved: 0n },
      { spent: 10n, reserved: 0n },
      { spent: 0n, reserved: 0n },
    ]);
  });

  it('hold one slot from the first to the last, and everything that is left to draw', async () => {
    const bounds = [inFlight('1'), limit('REQUESTS', '3')];
    await using mesh = await begin(...bounds);
    const held: unknown[] = [];
    mesh.alpha.always((call) => {
      void read(mesh).then((readings) => {
        held.push(readings);
        call.say('yes').finish(buildUsage(5, 5));
      });
    });
    await mesh.data(`${head} { ${repeat(complete, 3)} }`, variables);
    const slot = { spent: 0n, reserved: 1n };
    expect(held).toEqual([
      [slot, { spent: 0n, reserved: 3n }],
      [slot, { spent: 1n, reserved: 2n }],
      [slot, { spent: 2n, reserved: 1n }],
    ]);
    expect(await read(mesh)).toEqual([
      { spent: 0n, reserved: 0n },
      { spent: 3n, reserved: 0n },
    ]);
  });

  it('are refused before the first runs when a later one is wrong, at its own place', async () => {
    await using mesh = await begin(limit('REQUESTS', '10'));
    const wrong = { ...variables, chat2: { ...chat, model: 'alpha/none' } };
    const document = `${head.replace(')', ', $chat2: CompletionInput!)')} { a: ${complete} b: complete(input: $chat2) { id } }`;
    const { errors = [] } = await mesh.ask(document, wrong);
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'NOT_FOUND' } }]);
    expect(mesh.alpha.calls).toEqual([]);
    expect(await read(mesh)).toEqual([{ spent: 0n, reserved: 0n }]);
  });

  it('return what was reserved for one that is refused before it begins', async () => {
    await using mesh = await begin(limit('REQUESTS', '10'), limit('TOKENS', '10000'), inFlight('3'));
    const key = { ...chat, idempotencyKey: 'taken meanwhile' };
    mesh.alpha.always((call, number) => {
      if (number > 1) return void call.say('yes').finish(buildUsage(5, 5));
      const other = { ...key, messages: [{ role: 'USER', content: 'Another question' }] };
      void mesh.data(`${head} { ${complete} }`, { ...variables, chat: other }).then(() => {
        call.say('yes').finish(buildUsage(5, 5));
      });
    });
    const document = `${head.replace(')', ', $key: CompletionInput!)')} { a: ${complete} b: complete(input: $key) { id } }`;
    const { errors = [] } = await mesh.ask(document, { ...variables, key });
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'CONFLICT' } }]);
    expect(await read(mesh)).toEqual([
      { spent: 2n, reserved: 0n },
      { spent: 20n, reserved: 0n },
      { spent: 0n, reserved: 0n },
    ]);
  });

  it('leave nothing reserved when the answer of the meters is lost, and then the gateway', async () => {
    const bounds = [limit('REQUESTS', '10'), limit('TOKENS', '10000'), inFlight('3')];
    await using mesh = await begin(...bounds);
    mesh.gateway.requestsMax = 1;
    const { reserve } = mesh.quota;
    Object.assign(mesh.quota, {
      reserve: async (reservation: Parameters<typeof reserve>[0]) => {
        await reserve(reservation);
        throw new Error('The answer was lost.');
      },
    });
    const { errors = [] } = await mesh.ask(`${head} { a: ${complete} b: ${start} c: ${embed} }`);
    expect(errors).not.toEqual([]);
    expect(mesh.sent).toHaveLength(1);
    expect(mesh.alpha.calls).toEqual([]);
    expect(await read(mesh)).toEqual(bounds.map(() => ({ spent: 0n, reserved: 0n })));
  });

  it('need room for no answer that is there already', async () => {
    await using mesh = await begin(limit('REQUESTS', '2'));
    const ask = (input: object, count: number) =>
      mesh.data(`${head} { ${repeat(complete, count)} }`, { ...variables, chat: { ...chat, ...input } });
    await ask({ cache: 'USE' }, 4);
    await ask({ idempotencyKey: 'once' }, 4);
    await ask({ cache: 'USE' }, 4);
    await ask({ idempotencyKey: 'once' }, 4);
    expect(mesh.alpha.calls).toHaveLength(2);
    expect(await read(mesh)).toEqual([{ spent: 2n, reserved: 0n }]);
  });

  it('leave nothing reserved when their client leaves', async () => {
    await using mesh = await begin(limit('REQUESTS', '10'), inFlight('1'));
    mesh.alpha.always(() => undefined);
    const client = new AbortController();
    const answering = mesh.ask(`${head} { ${repeat(complete, 3)} }`, variables, client.signal);
    const call = await mesh.alpha.next();
    client.abort();
    await call.aborted;
    await answering;
    const [requests, slots] = await read(mesh);
    expect([requests?.reserved, slots]).toEqual([0n, { spent: 0n, reserved: 0n }]);
  });

  it('are sent with no more operations than one that admits them', async () => {
    await using mesh = await begin(limit('REQUESTS', '10'));
    await mesh.data(`${head} { a: ${complete} b: ${embed} }`);
    expect(mesh.sent.map((text) => text.match(/@\w+/g))).toEqual([
      ['@admit', '@admit'],
      ['@admitted'],
      ['@admittedLast'],
    ]);
    mesh.sent.length = 0;
    await mesh.data(`${head} { ${complete} ${prompt('p')} }`);
    expect(mesh.sent.map((text) => text.match(/@\w+/g))).toEqual([null]);
  });

  it.each(['admit', 'admitted', 'release'])('cannot be marked by a client: @%s', async (mark) => {
    await using mesh = await begin();
    await expect(
      mesh.ask(`${head} { a: ${complete.replace('{', `@${mark} {`)} b: ${complete} }`),
    ).rejects.toThrow('Unknown directive');
  });
});
