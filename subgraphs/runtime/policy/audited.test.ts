import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { AuditLog } from '#mongo/audit/log.ts';
import { listCodes, memoryAudit, startGraph } from '#test/support/gateways/small-graph.ts';
import { testCaller } from '#test/support/subgraph.ts';
import type { OperationContext, SubgraphContext } from '../context.ts';
import { withAuditedRead } from './audited.ts';

describe('an audited read', () => {
  it('is counted once a minute for each caller, and not made where it cannot be', async () => {
    const counted: unknown[] = [];
    const failing = { now: false };
    const audit: AuditLog = {
      ...memoryAudit().audit,
      async count({ actor, outcome }) {
        if (failing.now) throw new Error('The store is away.');
        counted.push([actor.keyId ?? `${actor.subject} of ${actor.issuerId}`, outcome]);
      },
    };
    let nowMs = 60_000;
    const services = { audit, log: pino({ level: 'silent' }), now: () => nowMs };
    const read = (tenant: string, more: Partial<Caller> = {}) => {
      const caller = { ...testCaller(tenant), ...more };
      const about = { requestId: 'r', clientRequestId: null, clientAddress: null };
      const context = { caller, ...about } as unknown as OperationContext<unknown>;
      return withAuditedRead('rows.read', context, services, () => 'the rows');
    };
    for (let time = 0; time < 3; time++) expect(await read('acme')).toBe('the rows');
    await read('other');
    // Two people: each of its issuer.
    for (const issuerId of ['default', 'partner', 'partner'])
      await read('acme', { kind: 'USER', keyId: null, subject: 'ada', issuerId });
    expect(counted.splice(2)).toEqual([
      ['ada of default', 'SUCCEEDED'],
      ['ada of partner', 'SUCCEEDED'],
    ]);
    expect(counted).toEqual([
      ['acme-key', 'SUCCEEDED'],
      ['other-key', 'SUCCEEDED'],
    ]);
    nowMs += 60_000;
    failing.now = true;
    await expect(read('acme')).rejects.toThrow('The store is away.');
    failing.now = false;
    await read('acme');
    expect(counted).toHaveLength(3);
  });
});

describe('@audited', () => {
  const sdl = `
    type Query { a: Int }
    type Mutation {
      save(name: String, apiKey: String, nested: In): Int @audited(action: "thing.save")
      plain: Int
      denied: Int @audited(action: "x") @requiresScopes(scopes: [["models:write"]])
    }
    input In { secret: String maxOutputTokens: Int endUserId: ID tag: String endUser: String }
  `;
  const change = { type: 'Thing', id: '7', before: { sealed: 's1', n: 1n }, after: { sealed: 's2', n: 2n } };

  it('records who did what, before and after, without secrets and what may name an end user', async () => {
    const { audit, began, ended } = memoryAudit();
    const { run } = startGraph(
      sdl,
      {
        Mutation: {
          save: (_root, _args, context) => {
            context.audit(change);
            return 1;
          },
        },
      },
      { audit },
    );
    const nested = '{ secret: "sk-2", maxOutputTokens: 5, endUserId: "ada", tag: "ada", endUser: "sub" }';
    await run(`mutation { save(name: "n", apiKey: "sk-1", nested: ${nested}) }`);
    expect(began).toEqual([
      {
        tenantId: 'acme',
        actor: { kind: 'API_KEY', keyId: 'acme-key', appId: 'acme-app', subject: null },
        action: 'thing.save',
        arguments: {
          ...{ name: 'n', apiKey: '[redacted]' },
          nested: {
            ...{ secret: '[redacted]', maxOutputTokens: 5, endUserId: '[redacted]', tag: '[redacted]' },
            // The name of a claim.
            endUser: 'sub',
          },
        },
        requestId: 'r-1',
        clientAddress: '192.0.2.1',
      },
    ]);
    expect(ended).toEqual([
      {
        outcome: 'SUCCEEDED',
        errorCode: null,
        targetType: 'Thing',
        targetId: '7',
        before: { sealed: '[redacted]', n: '1' },
        after: { sealed: '[redacted]', n: '2' },
      },
    ]);
  });

  it.each([
    ['http://user:pass@host/v1', 'http://…@host/v1'],
    ['user:pass@host', '…@host'],
    ['http//user:pass@host', '…@host'],
    ['http://user:pa/ss@host', '…@host'],
    ['http://host/v1', 'http://host/v1'],
  ])('records an address without its user and password: %s', async (address, kept) => {
    const { audit, ended } = memoryAudit();
    const { run } = startGraph(
      sdl,
      {
        Mutation: {
          save: (_root, _args, context) => {
            const after = { baseUrl: address, url: address, label: `see ${kept.replace('…', 'u:pass')}` };
            context.audit({ ...change, after });
            return 1;
          },
        },
      },
      { audit },
    );
    await run('mutation { save(name: "n") }');
    const [{ after } = { after: null }] = ended;
    expect(after).toMatchObject({
      baseUrl: kept.replace(/^http:..…/, '…'),
      url: kept.replace(/^http:..…/, '…'),
    });
    if (kept.startsWith('http')) expect((after as { label: string }).label).toBe(`see ${kept}`);
  });

  it('records no key that a client sends in the place of an id, a name or a note', async () => {
    const key = `hd_abcDEF123456_${'aB3'.repeat(15).slice(0, 43)}`;
    const vendors = `sk-proj-${'aB3d'.repeat(12)}`;
    const { audit, began, named, ended } = memoryAudit();
    const { run } = startGraph(
      sdl,
      {
        Mutation: {
          save: async (_root, { name }, context) => {
            await context.auditTarget({ tenantId: 'acme', type: 'Thing', id: name });
            const after = { note: `first ${key}, then ${vendors}`, long: 'x'.repeat(4_070) + key };
            context.audit({ type: 'Thing', id: name, after });
            return 1;
          },
        },
      },
      { audit },
    );
    await run(`mutation { save(name: "${key}") }`);
    expect(began).toMatchObject([{ arguments: { name: '***' } }]);
    expect(named).toMatchObject([{ targetId: '***' }]);
    expect(ended).toMatchObject([{ targetId: '***', after: { note: 'first ***, then ***' } }]);
    expect(JSON.stringify([began, named, ended])).not.toMatch(/aB3/);
  });

  it('keeps what names of JSON a client sends, in a form that the database takes', async () => {
    const { audit, ended } = memoryAudit();
    const after = JSON.parse(
      '{"_bsontype": "ObjectId", "\\u0000": 1, "$ne": 2, "a.b": 3, "__proto__": 4, "": 5}',
    );
    const { run } = startGraph(
      sdl,
      {
        Mutation: {
          save: (_root, _args, context) => {
            context.audit({ type: 'Thing', id: '7', after });
            return 1;
          },
        },
      },
      { audit },
    );
    await run('mutation { save }');
    const [{ after: kept } = { after: null }] = ended;
    expect(JSON.stringify(kept)).toBe('{"__bsontype":"ObjectId","_":1,"_ne":2,"a_b":3,"__proto__":4,"":5}');
  });

  it('records a failure with its code, and each of several mutations for itself', async () => {
    const { audit, ended } = memoryAudit();
    const { run } = startGraph(
      sdl,
      {
        Mutation: {
          save: (_root, { name }, context) => {
            if (name === 'first') context.audit({ type: 'Thing', id: name });
            if (name === 'second') throw new HeddleError('CONFLICT', 'no');
            if (name === 'third') throw new Error('no');
            return 1;
          },
        },
      },
      { audit },
    );
    await run('mutation { a: save(name: "first") b: save(name: "second") c: save(name: "third") }');
    expect(ended.map(({ outcome, errorCode, targetId }) => [outcome, errorCode, targetId])).toEqual([
      ['SUCCEEDED', null, 'first'],
      ['FAILED', 'CONFLICT', null],
      ['FAILED', 'INTERNAL', null],
    ]);
  });

  it('names what a mutation is about to change before it changes it, also where it fails then', async () => {
    const { audit, named, ended } = memoryAudit();
    const seen: unknown[] = [];
    const resolvers = {
      Mutation: {
        save: async (_root: unknown, { name }: { name: string }, context: SubgraphContext) => {
          await context.auditTarget({ tenantId: 'other', type: 'Thing', id: `${name}${'x'.repeat(1_000)}` });
          seen.push(...named.splice(0));
          if (name === 'second') throw new HeddleError('CONFLICT', 'no');
          return 1;
        },
        plain: async (_root: unknown, _args: unknown, context: SubgraphContext) => {
          await context.auditTarget({ type: 'Thing', id: 'unrecorded' });
          return 1;
        },
      },
    };
    const { run } = startGraph(sdl, resolvers, { audit });
    await run('mutation { save(name: "first") b: save(name: "second") plain }');
    const targets = ['first', 'second'].map((name) => ({
      ...{ tenantId: 'other', targetType: 'Thing', targetId: `${name}${'x'.repeat(1_000)}`.slice(0, 500) },
    }));
    expect(seen).toEqual(targets);
    expect(ended).toMatchObject([
      { outcome: 'SUCCEEDED', ...targets[0] },
      { outcome: 'FAILED', ...targets[1] },
    ]);
    expect(named).toEqual([]);
  });

  it('does not run a mutation whose record cannot be begun', async () => {
    let ran = false;
    const { run } = startGraph(
      sdl,
      {
        Mutation: {
          save: () => {
            ran = true;
            return 1;
          },
        },
      },
      { audit: memoryAudit({ begin: true }).audit },
    );
    expect(listCodes(await run('mutation { save }'))).toEqual(['INTERNAL']);
    expect(ran).toBe(false);
  });

  it('answers a mutation that was made although its record was not closed, and logs it', async () => {
    const { run, logged } = startGraph(
      sdl,
      { Mutation: { save: () => 1 } },
      { audit: memoryAudit({ end: true }).audit },
    );
    expect(await run('mutation { save }')).toEqual({ data: { save: 1 } });
    expect(logged.join()).toMatch(/audit record was not closed/);
  });

  it('counts what is refused to its caller, and leaves nothing of what is not audited', async () => {
    const { audit, began, counted } = memoryAudit();
    const resolvers = { Mutation: { plain: () => 1, denied: () => 1 } };
    const { run } = startGraph(sdl, resolvers, { audit });
    await run('mutation { plain denied }');
    expect(began).toEqual([]);
    expect(counted).toEqual([
      {
        tenantId: 'acme',
        actor: { kind: 'API_KEY', keyId: 'acme-key', appId: 'acme-app', subject: null },
        action: 'x',
        outcome: 'REFUSED',
        errorCode: 'FORBIDDEN',
        count: 1,
        requestId: 'r-1',
        clientRequestId: null,
        clientAddress: '192.0.2.1',
      },
    ]);
    // The refusal stands where it cannot be recorded.
    const failing = startGraph(sdl, resolvers, { audit: memoryAudit({ count: true }).audit });
    expect(listCodes(await failing.run('mutation { denied }'))).toEqual(['FORBIDDEN']);
    expect(failing.logged.join()).toMatch(/a refusal was not audited/);
  });
});

describe('@audited on a mutation that any key may call', () => {
  const sdl = `
    type Query { a: Int }
    type Mutation {
      ask(how: String): Int @authenticated @audited(action: "thing.ask")
      stop(how: String): Int @requiresScopes(scopes: [["inference:invoke"]]) @audited(action: "thing.stop")
    }
  `;
  const resolve = (_root: unknown, { how }: { how: string }, context: SubgraphContext) => {
    if (how === 'fails') throw new HeddleError('CONFLICT', 'no');
    if (how === 'same') context.unchanged();
    else context.audit({ type: 'Thing', id: '7' });
    return 1;
  };

  it.each(['ask', 'stop'])(
    'records a change, nothing where nothing changes, and counts failures: %s',
    async (field) => {
      const { audit, began, ended, discarded, counted } = memoryAudit();
      const { run } = startGraph(sdl, { Mutation: { ask: resolve, stop: resolve } }, { audit });
      const caller = testCaller('acme', 'inference:invoke');
      for (const how of ['changes', 'same', 'fails', 'same'])
        await run(`mutation { ${field}(how: "${how}") }`, caller);
      expect(began).toHaveLength(4);
      expect(ended).toMatchObject([{ outcome: 'SUCCEEDED', targetId: '7' }]);
      expect(discarded).toEqual(['2', '3', '4']);
      expect(counted).toMatchObject([
        { action: `thing.${field}`, outcome: 'REFUSED', errorCode: 'CONFLICT', count: 1 },
      ]);
    },
  );
});

describe('@audited on a read', () => {
  const sdl = `
    type Query {
      all: Int @authenticated @audited(action: "all.read")
      log: Int @requiresScopes(scopes: [["audit:read"]]) @audited(action: "log.read")
    }
  `;
  const resolvers = { Query: { all: () => 1, log: () => 1 } };

  it('notes each caller that sees every tenant, and each that needs a scope, once a minute', async () => {
    const { audit, counted } = memoryAudit();
    const { run } = startGraph(sdl, resolvers, { audit });
    for (let n = 0; n < 20; n++) {
      await run('{ all }', testCaller('acme'));
      await run('{ all }', testCaller('root', 'tenants:admin'));
      await run('{ log }', testCaller('acme', 'audit:read'));
      await run('{ log }', testCaller('other', 'audit:read'));
    }
    expect(counted.map(({ action, outcome, tenantId }) => [action, outcome, tenantId])).toEqual([
      ['all.read', 'SUCCEEDED', 'root'],
      ['log.read', 'SUCCEEDED', 'acme'],
      ['log.read', 'SUCCEEDED', 'other'],
    ]);
  });

  it('is not answered where it cannot be noted', async () => {
    const { run } = startGraph(sdl, resolvers, { audit: memoryAudit({ count: true }).audit });
    expect(listCodes(await run('{ log }', testCaller('acme', 'audit:read')))).toEqual(['INTERNAL']);
  });

  it('is not noted where it is refused', async () => {
    const { audit, counted } = memoryAudit();
    const { run } = startGraph(sdl, resolvers, { audit });
    expect(listCodes(await run('{ log }'))).toEqual(['FORBIDDEN']);
    expect(counted).toEqual([]);
  });
});
