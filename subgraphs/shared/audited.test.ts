import { describe, expect, it } from 'vitest';
import { HeddleError } from '#schema/errors.ts';
import { codesOf, memoryAudit, startGraph } from '#test/support/small-graph.ts';

describe('@audited', () => {
  const sdl = `
    type Query { a: Int }
    type Mutation {
      save(name: String, apiKey: String, nested: In): Int @audited(action: "thing.save")
      plain: Int
      denied: Int @audited(action: "x") @requiresScopes(scopes: [["models:write"]])
    }
    input In { secret: String maxOutputTokens: Int }
  `;
  const change = { type: 'Thing', id: '7', before: { sealed: 's1', n: 1n }, after: { sealed: 's2', n: 2n } };

  it('records who did what, before and after, without secrets', async () => {
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
    await run('mutation { save(name: "n", apiKey: "sk-1", nested: { secret: "sk-2", maxOutputTokens: 5 }) }');
    expect(began).toEqual([
      {
        tenantId: 'acme',
        actor: { kind: 'API_KEY', keyId: 'acme-key', appId: 'acme-app', subject: null },
        action: 'thing.save',
        arguments: { name: 'n', apiKey: '[redacted]', nested: { secret: '[redacted]', maxOutputTokens: 5 } },
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
    expect(codesOf(await run('mutation { save }'))).toEqual(['INTERNAL']);
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

  it('leaves no record of what is refused or not audited', async () => {
    const { audit, began } = memoryAudit();
    const { run } = startGraph(sdl, { Mutation: { plain: () => 1, denied: () => 1 } }, { audit });
    await run('mutation { plain denied }');
    expect(began).toEqual([]);
  });
});
