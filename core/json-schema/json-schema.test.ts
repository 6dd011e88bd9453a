import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createJsonSchemas, type JsonSchemaLimits, type JsonSchemas, jsonSchemaText } from './json-schema.ts';

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
const start = (limits: Partial<JsonSchemaLimits> = {}) => stack.use(createJsonSchemas(limits));

const shared = start();
const toText = (schema: unknown) => jsonSchemaText(schema, 'it');
const compile = async (schema: unknown, schemas: JsonSchemas = shared) =>
  schemas.compile(toText(schema), 'it', 'user');
const findProblem = async (schema: unknown, value: unknown, schemas: JsonSchemas = shared, user = 'user') =>
  schemas.check(toText(schema), typeof value === 'string' ? value : JSON.stringify(value), 'it', user);
const costly = { code: 'BAD_USER_INPUT', extensions: { reason: 'SCHEMA_TOO_COSTLY' } };

function nestedSchema(depth: number): object {
  let schema: object = {};
  for (let level = 1; level < depth; level++) schema = { not: schema };
  return schema;
}

describe('JSON Schemas from outside', () => {
  it('states where a value does not fit, and nothing when it does', async () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } };
    expect(await findProblem(schema, { a: 1 })).toBeNull();
    expect(await findProblem(schema, { a: 'x' })).toBe('at /a it must be integer');
    expect(await findProblem(schema, {})).toContain('at its root it must have');
    expect(await findProblem(schema, '{"a":')).toBe('it is no JSON');
  });

  it('takes 2020-12, and draft-07 where the schema states it', async () => {
    const tuple = { prefixItems: [{ type: 'string' }], items: false };
    expect(await findProblem(tuple, ['a'])).toBeNull();
    expect(await findProblem(tuple, ['a', 'b'])).not.toBeNull();
    const old = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'string' }],
      additionalItems: false,
    };
    expect(await findProblem(old, ['a', 'b'])).not.toBeNull();
  });

  it('keeps schemas apart, whatever was compiled or refused before', async () => {
    const $id = 'https://example.com/s';
    expect(await findProblem({ $id, type: 'string' }, '"x"')).toBeNull();
    expect(await findProblem({ $id, type: 'number' }, 1)).toBeNull();
    const named = { $defs: { inner: { $id: 'https://example.com/inner', type: 'string' } } };
    await compile({ ...named, $ref: 'https://example.com/inner' });
    await expect(compile({ $ref: 'https://example.com/inner' })).rejects.toThrow(/no usable JSON Schema/);
    await expect(compile({ type: 'nonsense' })).rejects.toThrow(/no usable JSON Schema/);
    for (let i = 0; i < 450; i++) {
      const schema = { $defs: { x: { const: i } }, items: { $ref: '#/$defs/x' } };
      expect([await findProblem(schema, [i]), await findProblem(schema, [i + 1])]).toEqual([
        null,
        'at /0 it must be equal to constant',
      ]);
    }
  });

  it.each([
    ['a text', 'text', 'it must be a JSON Schema: an object.'],
    ['a list', [], 'it must be a JSON Schema'],
    ['an unknown type', { type: 'nonsense' }, 'it is no usable JSON Schema'],
    ['a reference to elsewhere', { $ref: 'https://example.com/elsewhere' }, 'it is no usable JSON Schema'],
    ['a large schema', { description: 'x'.repeat(65_536) }, 'at most 65536 bytes'],
    ['one of fewer characters than bytes', { description: 'é'.repeat(32_768) }, 'at most 65536 bytes'],
    ['101 levels', nestedSchema(101), 'nested at most 100 levels deep'],
    ['7_000 levels', nestedSchema(7_000), 'nested at most 100 levels deep'],
    ['100_000 levels', nestedSchema(100_000), 'nested at most 100 levels deep'],
  ])('refuses %s', async (_, schema, message) => {
    await expect(compile(schema)).rejects.toThrow(message);
  });

  it('reads no value that is nested deeper than can be kept', async () => {
    const nested = (depth: number) => `${'['.repeat(depth)}"]\\"]"${']'.repeat(depth)}`;
    expect(await findProblem({}, nested(100))).toBeNull();
    expect(await findProblem({}, nested(101))).toBe('it is nested deeper than 100 levels');
  });
});

/** Each takes minutes or more, in its own way, within the size that a schema may have. */
const endless: Readonly<Record<string, readonly [schema: unknown, value: unknown]>> = {
  'a pattern': [{ pattern: '^(a+)+$' }, `"${'a'.repeat(60)}!"`],
  'the name of a property': [{ patternProperties: { '^(a+)+$': {} } }, { [`${'a'.repeat(60)}!`]: 1 }],
  'a long enum': [{ items: { enum: [...Array(32_000).fill(0), 1] } }, JSON.stringify(Array(480_000).fill(1))],
  'items that must differ': [{ uniqueItems: true }, Array.from({ length: 40_000 }, (_, i) => ({ i }))],
  'references that branch': [
    {
      $defs: {
        a: { anyOf: [{ $ref: '#/$defs/b' }, { $ref: '#/$defs/c' }] },
        b: { type: 'array', items: { $ref: '#/$defs/a' }, maxItems: 1 },
        c: { type: 'array', items: { $ref: '#/$defs/a' }, minItems: 1 },
      },
      $ref: '#/$defs/a',
    },
    `${'['.repeat(60)}7${']'.repeat(60)}`,
  ],
  'a reference to itself': [{ $ref: '#' }, 1],
  'many branches for each item': [
    {
      items: {
        anyOf: [...Array.from({ length: 1_500 }, (_, i) => ({ required: [`p${i}`] })), {}],
      },
    },
    JSON.stringify(Array(200_000).fill({})),
  ],
};

describe('a schema that takes for ever', () => {
  it.each(Object.entries(endless))(
    'is given up for %s, remembered, and delays no other caller',
    async (_, [schema, value]) => {
      const schemas = start();
      await compile({ type: 'string' }, schemas);
      // Turns of this thread's own loop while the other thread works.
      let ticks = 0;
      const tick = () => {
        ticks += 1;
        ticking = setImmediate(tick);
      };
      let ticking = setImmediate(tick);
      const other = findProblem({ type: 'string' }, '"x"', schemas, 'other');
      await expect(findProblem(schema, value, schemas)).rejects.toMatchObject(costly);
      clearImmediate(ticking);
      expect(ticks).toBeGreaterThan(0);
      expect(await other).toBeNull();

      // Remembered for the user, whatever the value; nobody else is refused because of it.
      await expect(compile(schema, schemas)).rejects.toMatchObject(costly);
      await expect(findProblem(schema, 1, schemas)).rejects.toMatchObject(costly);
      if (!('$ref' in (schema as object)))
        expect(await findProblem(schema, '2', schemas, 'other')).toBeNull();
    },
  );

  it('is abandoned when compiling it takes too long', async () => {
    const schemas = start({ cpuMsMax: 60 });
    const branches = Array.from({ length: 1_400 }, (_, i) => ({
      properties: { [`p${i}`]: { type: 'null' } },
    }));
    await expect(compile({ anyOf: branches }, schemas)).rejects.toMatchObject(costly);
    await compile({ type: 'string' }, schemas);
  });

  it('may not fill the queue: others still get their turn', async () => {
    const schemas = start({ waitingMax: 10, waitingPerUserMax: 4, cpuMsMax: 100 });
    await compile({}, schemas);
    const [schema, value] = endless['a pattern'] ?? [];
    const pattern = schema as { pattern: string };
    const all = Array.from({ length: 8 }, (_, i) =>
      findProblem({ ...pattern, title: i }, value, schemas, 'attacker').catch(
        ({ code }: { code: string }) => code,
      ),
    );
    const finished: string[] = [];
    for (const one of all) void one.then(() => finished.push('attacker'));
    expect(await findProblem({ type: 'string' }, '"x"', schemas, 'other')).toBeNull();
    expect(await findProblem({ type: 'string' }, '1', schemas, 'other')).toContain('must be string');
    expect(finished.filter((who) => who === 'attacker').length).toBeLessThan(all.length);
    // One is served, four wait, three are refused: those may be made again.
    expect((await Promise.all(all)).toSorted()).toEqual([
      ...Array(5).fill('BAD_USER_INPUT'),
      ...Array(3).fill('OVERLOADED'),
    ]);
  });

  it('makes a task wait only so long', async () => {
    const schemas = start({ waitMsMax: 1, cpuMsMax: 300 });
    await compile({}, schemas);
    const [schema, value] = endless['a pattern'] ?? [];
    const first = findProblem(schema, value, schemas).catch(({ code }: { code: string }) => code);
    await expect(findProblem({ type: 'string' }, '"x"', schemas, 'other')).rejects.toMatchObject({
      code: 'OVERLOADED',
      extensions: { retryAfterMs: 1_000 },
    });
    expect(await first).toBe('BAD_USER_INPUT');
  });

  it('frees its place in the queue when it has waited too long', async () => {
    const schemas = start({ waitMsMax: 1, cpuMsMax: 300, waitingPerUserMax: 1 });
    await compile({}, schemas);
    const [schema, value] = endless['a pattern'] ?? [];
    const first = findProblem(schema, value, schemas, 'user').catch(({ code }: { code: string }) => code);
    for (let task = 0; task < 3; task++) {
      await expect(findProblem({ title: task }, '1', schemas, 'user')).rejects.toThrow(/waited too long/);
    }
    expect(await first).toBe('BAD_USER_INPUT');
  });

  it('may hold sixteen million characters that wait, while others still may have theirs checked', async () => {
    const schemas = start({ cpuMsMax: 300 });
    await compile({}, schemas);
    const [schema, value] = endless['a pattern'] ?? [];
    const first = findProblem(schema, value, schemas, 'attacker').catch(({ code }: { code: string }) => code);
    const large = `"${'x'.repeat(8 * 1024 * 1024)}"`;
    const waiting = findProblem({}, large, schemas, 'attacker');
    await expect(findProblem({}, large, schemas, 'attacker')).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await findProblem({}, large, schemas, 'other')).toBeNull();
    expect([await first, await waiting]).toEqual(['BAD_USER_INPUT', null]);
  });
});

describe('the thread that checks', () => {
  it('is abandoned, and nothing refused, where a task gets no processor time of the machine', async () => {
    using _idle = vi.spyOn(Worker.prototype, 'cpuUsage').mockResolvedValue({ user: 0, system: 0 });
    const schemas = start({ cpuMsMax: 20, taskMsMax: 2_000 });
    await compile({}, schemas);
    const [schema, value] = endless['a pattern'] ?? [];
    await expect(findProblem(schema, value, schemas)).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: 'The machine is too busy to check a JSON Schema.',
      extensions: { retryAfterMs: 1_000 },
    });
    expect(await findProblem({ type: 'string' }, '1', schemas)).toContain('must be string');
    // Not remembered: the schema may be cheap.
    expect(await findProblem(schema, '"b"', schemas)).toContain('must match pattern');
  });

  it('is abandoned where it does not start in its time', async () => {
    const failures: unknown[] = [];
    const schemas = start({ taskMsMax: 1, onThreadFailure: (error) => failures.push(error) });
    const overloaded = { code: 'OVERLOADED', extensions: { retryAfterMs: expect.any(Number) } };
    await expect(compile({}, schemas)).rejects.toMatchObject(overloaded);
    expect(failures).toMatchObject([{ message: expect.stringContaining('has ended') }]);
  });

  it('costs a caller one task where it ends while it checks, and the next has a new one', async () => {
    const failures: unknown[] = [];
    const schemas = start({ onThreadFailure: (error) => failures.push(error) });
    await compile({}, schemas);
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
      void this.terminate();
    });
    await expect(findProblem({ type: 'string' }, '1', schemas)).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: 'The thread that checks JSON Schemas cannot be started or has ended: try again.',
    });
    post.mockRestore();
    expect(await findProblem({ type: 'string' }, '"x"', schemas)).toBeNull();
    expect(failures).toHaveLength(1);
  });
});
