import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';
import { sampleSdls } from '#test/support/gateways/sample-graph.ts';
import { composeCheckout, composeSupergraph, readSupergraph } from '../compose.ts';
import { readBaseline, UnknownRefError } from './baseline.ts';
import { checkSchema, findApiChanges, findStale, findUndescribed, findUnguarded } from './check.ts';

const sound = composeSupergraph(sampleSdls);

/** The sample graph with one text of the models subgraph replaced. */
function composeWith(text: string | RegExp, replacement: string): string {
  const models = sampleSdls.models.replace(text, replacement);
  expect(models, 'the sample changed').not.toBe(sampleSdls.models);
  return composeSupergraph({ ...sampleSdls, models });
}

describe('the schema of this checkout', () => {
  it('is composed, guarded and described', async () => {
    const committed = readSupergraph();
    expect(await checkSchema({ composed: composeCheckout(), committed, baseline: committed })).toEqual([]);
  });
});

describe('the schema check', () => {
  it('finds nothing in a sound schema', async () => {
    expect(await checkSchema({ composed: sound, committed: sound, baseline: sound })).toEqual([]);
    expect(await checkSchema({ composed: sound, committed: sound, baseline: undefined })).toEqual([]);
  });

  it('finds a supergraph that is stale or missing', () => {
    expect(findStale(sound, `${sound}\n`)).toMatchObject([
      { rule: 'stale', whatToDo: expect.stringContaining('schema:compose') },
    ]);
    expect(findStale(sound, undefined)).toHaveLength(1);
  });

  it.each([
    ['type Query { a: Int b: Int }', 'type Query { a: Int }', 'Query.b', 'FIELD_REMOVED'],
    ['type Query { a: Int! }', 'type Query { a: Int }', 'Query.a', 'FIELD_TYPE_CHANGED'],
    ['type Query { a: Int }', 'type Query { a(x: Int!): Int }', 'Query.a.x', 'FIELD_ARGUMENT_ADDED'],
    ['type Query { a(x: Int): Int }', 'type Query { a: Int }', 'Query.a.x', 'FIELD_ARGUMENT_REMOVED'],
    ['type Query { a: E } enum E { X Y }', 'type Query { a: E } enum E { X }', 'E.Y', 'ENUM_VALUE_REMOVED'],
    [
      'type Query { a(i: I): Int } input I { a: Int }',
      'type Query { a(i: I): Int } input I { a: Int! }',
      'I.a',
      'INPUT_FIELD_TYPE_CHANGED',
    ],
  ])('finds that %s became %s', async (before, after, where, kind) => {
    const findings = await findApiChanges(buildSchema(before), buildSchema(after));
    expect(findings).toEqual([
      {
        rule: 'breaking',
        where,
        problem: expect.stringContaining(kind),
        whatToDo: expect.stringMatching(/\w/),
      },
    ]);
  });

  it('lets a schema grow, and deprecate', async () => {
    const before = buildSchema('type Query { a: Int }');
    const after = buildSchema('type Query { a: Int! @deprecated b: E } enum E { X }');
    expect(await findApiChanges(before, after)).toEqual([]);
  });

  it.each([
    ['an argument', 'type Query { a(x: Int! = 1): Int }', 'type Query { a(x: Int!): Int }', 'Query.a.x'],
    [
      'an input field',
      'type Query { a(i: I): Int } input I { x: [Int!]! = [1] }',
      'type Query { a(i: I): Int } input I { x: [Int!]! }',
      'I.x',
    ],
  ])('finds, once, that %s can no longer be left out', async (_what, before, after, where) => {
    expect(await findApiChanges(buildSchema(before), buildSchema(after))).toEqual([
      {
        rule: 'breaking',
        where,
        problem: expect.stringContaining('DEFAULT_LOST'),
        whatToDo: expect.stringMatching(/default/),
      },
    ]);
  });

  it('finds that an input type takes only one of its fields from now on', async () => {
    const before = buildSchema('type Query { a(i: I): Int } input I { a: Int b: Int }');
    const after = buildSchema('type Query { a(i: I): Int } input I @oneOf { a: Int b: Int }');
    expect(await findApiChanges(before, after)).toEqual([
      {
        rule: 'breaking',
        where: 'I',
        problem: expect.stringContaining('ONE_OF_ADDED'),
        whatToDo: expect.stringMatching(/another name/),
      },
    ]);
    expect(await findApiChanges(after, before)).toEqual([]);
    expect(await findApiChanges(after, after)).toEqual([]);
  });

  it.each([
    ['a default changes', 'type Query { a(x: Int = 1): Int }', 'type Query { a(x: Int = 2): Int }'],
    [
      'a nullable input loses its default',
      'type Query { a(x: Int = 1): Int }',
      'type Query { a(x: Int): Int }',
    ],
    ['an enum grows', 'type Query { a: E } enum E { X }', 'type Query { a: E } enum E { X Y }'],
    [
      'a union grows',
      'type Query { a: U } type T { a: Int } union U = T',
      'type Query { a: U } type T { a: Int } type S { a: Int } union U = T | S',
    ],
    ['an optional argument is added', 'type Query { a: Int }', 'type Query { a(x: Int): Int }'],
  ])('states that it is dangerous when %s', async (_what, before, after) => {
    const rules = (await findApiChanges(buildSchema(before), buildSchema(after))).map(({ rule }) => rule);
    expect(rules).toContain('dangerous');
    expect(rules).not.toContain('breaking');
  });

  it('finds a breaking change through composition', async () => {
    const composed = composeWith(
      '"Its name."\n  name: String!\n  "Its price',
      '"Its name."\n  title: String!\n  "Its price',
    );
    const findings = await checkSchema({ composed, committed: composed, baseline: sound });
    expect(findings.map(({ rule, where }) => `${rule} ${where}`)).toEqual(['breaking Model.name']);
  });

  it('finds a mutation and a subscription that every caller could use', () => {
    const mutation = composeWith(
      '@requiresScopes(scopes: [["models:write"]]) @audited(action: "model.create")',
      '',
    );
    expect(findUnguarded(mutation)).toMatchObject([{ rule: 'auth', where: 'Mutation.createModel' }]);
    const inference = sampleSdls.inference.replace(
      '@requiresScopes(scopes: [["inference:invoke"]]) @quota(meters: [REQUESTS, TOKENS], weight: 2)',
      '',
    );
    expect(findUnguarded(composeSupergraph({ ...sampleSdls, inference }))).toMatchObject([
      { rule: 'auth', where: 'Subscription.completionStream' },
    ]);
  });

  it('finds every kind of element that lacks a description', () => {
    const bare = buildSchema(`
      type Query { a(x: I): E }
      input I { a: Int }
      enum E { X }
      interface N { n: S }
      scalar S
      type T implements N { "described" n: S }
      union U = T
    `);
    expect(findUndescribed(bare).map(({ where }) => where)).toEqual(
      expect.arrayContaining(['Query.a', 'Query.a(x:)', 'I', 'I.a', 'E', 'E.X', 'N', 'N.n', 'S', 'T', 'U']),
    );
    expect(findUndescribed(bare)).toHaveLength(11);
  });
});

describe('the baseline', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heddle-baseline-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: directory });
  const commit = (content: string | undefined) => {
    mkdirSync(join(directory, 'schema'), { recursive: true });
    if (content !== undefined) writeFileSync(join(directory, 'schema/supergraph.graphql'), content);
    git('add', '-A');
    git('commit', '-q', '--allow-empty', '-m', 'x');
  };

  it('is the supergraph at the ref, where the branch left origin/main, or HEAD', () => {
    expect(readBaseline(undefined, directory)).toBeUndefined();
    git('init', '-q', '-b', 'main');
    commit(undefined);
    expect(readBaseline(undefined, directory)?.supergraph).toBeUndefined();
    commit('one');
    expect(readBaseline(undefined, directory)?.supergraph).toBe('one');
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    commit('two');
    expect(readBaseline(undefined, directory)?.supergraph).toBe('one');
    expect(readBaseline('HEAD', directory)).toEqual({ ref: 'HEAD', supergraph: 'two' });
  });

  it('refuses a ref that does not exist, and one that would be an option', () => {
    expect(() => readBaseline('nowhere', directory)).toThrow(UnknownRefError);
    expect(() => readBaseline('--output=x', directory)).toThrow(UnknownRefError);
  });
});
