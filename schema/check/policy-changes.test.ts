import { describe, expect, it } from 'vitest';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { composeSupergraph } from '../compose.ts';
import { loadDirectiveDefinitions, loadSubgraphSdl } from '../load-sdl.ts';
import { checkSchema } from './check.ts';
import { rateSeverity } from './findings.ts';
import { findPolicyChanges } from './policy-changes.ts';

const definitions = `
  ${loadDirectiveDefinitions()}
  directive @cost(weight: Int!) on FIELD_DEFINITION | ARGUMENT_DEFINITION
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  directive @inaccessible on FIELD_DEFINITION
  directive @tag(name: String!) repeatable on FIELD_DEFINITION
`;
const query = (directives: string) => `type Query { a(first: Int): [Int] ${directives} } ${definitions}`;
const changes = (before: string, after: string) => findPolicyChanges(query(before), query(after));

describe('a changed directive', () => {
  it.each([
    ['@quota(meters: [REQUESTS])', '', 'loosened'],
    ['@quota(meters: [REQUESTS, COST])', '@quota(meters: [REQUESTS])', 'loosened'],
    ['@quota(meters: [REQUESTS])', '@quota(meters: [COST])', 'loosened'],
    ['@quota(meters: [REQUESTS], weight: 2)', '@quota(meters: [REQUESTS])', 'loosened'],
    ['', '@quota(meters: [REQUESTS])', 'breaking'],
    ['@quota(meters: [REQUESTS])', '@quota(meters: [COST, REQUESTS])', 'breaking'],
    ['@quota(meters: [REQUESTS])', '@quota(meters: [REQUESTS], weight: 2)', 'breaking'],
    ['@quota(meters: [COST, REQUESTS])', '@quota(meters: [REQUESTS, COST])', 'policy'],
    ['@cache(maxAge: 1)', '@cache(maxAge: 1, scope: PUBLIC)', 'loosened'],
    ['@cache(maxAge: 1, scope: CALLER)', '@cache(maxAge: 1)', 'loosened'],
    ['@cache(maxAge: 1, scope: CALLER)', '@cache(maxAge: 1, scope: APP)', 'loosened'],
    ['@cache(maxAge: 1, scope: APP)', '@cache(maxAge: 1)', 'loosened'],
    ['', '@cache(maxAge: 1, scope: APP)', 'loosened'],
    ['@cache(maxAge: 1)', '@cache(maxAge: 1, scope: APP)', 'dangerous'],
    ['@cache(maxAge: 1, scope: APP)', '@cache(maxAge: 1, scope: CALLER)', 'dangerous'],
    ['@cache(maxAge: 1)', '@cache(maxAge: 1, match: SEMANTIC)', 'loosened'],
    ['@cache(maxAge: 1, match: SEMANTIC)', '@cache(maxAge: 1)', 'dangerous'],
    ['', '@cache(maxAge: 1)', 'loosened'],
    ['', '@cache(maxAge: 1, scope: CALLER, match: SEMANTIC)', 'loosened'],
    ['', '@cache(maxAge: 1, scope: CALLER)', 'dangerous'],
    ['@cache(maxAge: 1)', '', 'dangerous'],
    ['@cache(maxAge: 1)', '@cache(maxAge: 2)', 'dangerous'],
    ['@cache(maxAge: 1)', '@cache(maxAge: 1, scope: CALLER)', 'dangerous'],
    ['@guarded(stages: [INPUT])', '', 'loosened'],
    ['@guarded(stages: [INPUT, OUTPUT])', '@guarded(stages: [INPUT])', 'loosened'],
    ['@guarded(stages: [INPUT])', '@guarded(stages: [OUTPUT])', 'loosened'],
    ['@guarded(stages: [INPUT])', '@guarded(stages: [OUTPUT, INPUT])', 'dangerous'],
    ['', '@guarded(stages: [INPUT])', 'dangerous'],
    ['@audited(action: "a.b")', '', 'loosened'],
    ['@audited(action: "a.b")', '@audited(action: "a.c")', 'dangerous'],
    ['', '@audited(action: "a.b")', 'policy'],
    ['', '@cost(weight: 5)', 'dangerous'],
    ['@cost(weight: 10)', '@cost(weight: 9000)', 'dangerous'],
    ['@cost(weight: 10)', '', 'dangerous'],
    ['@listSize(assumedSize: 50)', '@listSize(assumedSize: 5000)', 'dangerous'],
    ['@listSize(assumedSize: 50)', '', 'dangerous'],
    ['@listSize(assumedSize: 5)', '@listSize(slicingArguments: ["first"])', 'breaking'],
    [
      '@listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)',
      '@listSize(slicingArguments: ["first"])',
      'breaking',
    ],
    ['@inaccessible', '', 'loosened'],
    ['', '@inaccessible', 'policy'],
    ['@prompt(model: "m", template: "t")', '@prompt(model: "m", template: "u")', 'dangerous'],
    ['@tag(name: "a") @tag(name: "b")', '@tag(name: "a")', 'dangerous'],
  ])('from "%s" to "%s" is %s', (before, after, rule) => {
    expect(changes(before, after)).toEqual([
      {
        rule,
        where: 'Query.a',
        problem: expect.stringMatching(/it had .*, and now has /),
        whatToDo: expect.stringMatching(/\w/),
      },
    ]);
  });

  it.each([
    ['', '@cost(weight: 5)', 'COST_RAISED'],
    ['@cost(weight: 5)', '@cost(weight: 6)', 'COST_RAISED'],
    ['@cost(weight: 6)', '@cost(weight: 5)', 'COST_LOWERED'],
    ['@cost(weight: 5)', '', 'COST_LOWERED'],
  ])('from "%s" to "%s" is named %s', (before, after, name) => {
    expect(changes(before, after)).toMatchObject([{ problem: expect.stringMatching(`^${name}:`) }]);
  });

  it.each([
    ['@cache(maxAge: 1)', '@cache(scope: TENANT, maxAge: 1, match: EXACT)'],
    ['@quota(meters: [COST])', '@quota(meters: [COST], weight: 1)'],
  ])('is none where a default is written out: %s and %s', (before, after) => {
    expect(changes(before, after)).toEqual([]);
  });

  it('is found where the default of its definition changes', () => {
    const before = query('@cache(maxAge: 1)');
    const after = before.replace('scope: CacheScope! = TENANT', 'scope: CacheScope! = PUBLIC');
    expect(findPolicyChanges(before, after)).toMatchObject([{ rule: 'loosened', where: 'Query.a' }]);
  });

  it('is found on an argument, a type, an input field and an enum value', () => {
    const sdl = (d: string) => `
      directive @d on ARGUMENT_DEFINITION | OBJECT | INPUT_FIELD_DEFINITION | ENUM_VALUE
      type Query ${d} { a(x: I ${d}): E } input I { f: Int ${d} } enum E { X ${d} }`;
    const where = findPolicyChanges(sdl('@d'), sdl('')).map((finding) => finding.where);
    expect(where.toSorted()).toEqual(['E.X', 'I.f', 'Query', 'Query.a(x:)']);
  });
});

describe('the check of the whole graph', () => {
  const sdls = Object.fromEntries(subgraphNames.map((name) => [name, loadSubgraphSdl(name)]));
  const baseline = composeSupergraph(sdls);

  /** What fails, or is dangerous, when a text of one subgraph is replaced. */
  async function found(name: SubgraphName, text: RegExp, replacement: string) {
    const changed = sdls[name]?.replace(text, replacement) ?? '';
    expect(changed, 'the SDL has such a text').not.toBe(sdls[name]);
    const composed = composeSupergraph({ ...sdls, [name]: changed });
    const findings = await checkSchema({ composed, committed: composed, baseline });
    return findings.map((finding) => [finding.rule, finding.where, rateSeverity(finding)].join(' '));
  }

  const complete = /(\n {2}complete\([^)]*\): Completion!\n)/;
  it.each([
    [
      'a scope of a mutation is dropped',
      'inference',
      new RegExp(`${complete.source} +@authenticated\n +@requiresScopes[^\n]*\n`),
      '$1    @authenticated\n',
      'loosened Mutation.complete ERROR',
    ],
    [
      'a field of secrets requires no scope',
      'models',
      /(credentials: [^@]*)@requiresScopes\(scopes: \[\["models:write"\], \["providers:write"\]\]\)/,
      '$1',
      'loosened Provider.credentials ERROR',
    ],
    [
      'a quota is removed',
      'inference',
      new RegExp(`${complete.source}((?: +@(?:auth|req)[^\n]*\n)+) +@quota[^\n]*\n`),
      '$1$2',
      'loosened Mutation.complete ERROR',
    ],
    [
      'a quota draws on calls alone',
      'inference',
      new RegExp(`${complete.source}((?: +@(?:auth|req)[^\n]*\n)+) +@quota[^\n]*\n`),
      '$1$2    @quota(meters: [REQUESTS])\n',
      'loosened Mutation.complete ERROR',
    ],
    [
      'answers are shared among tenants',
      'inference',
      /@cache\(maxAge: 3600\)/,
      '@cache(maxAge: 3600, scope: PUBLIC)',
      'loosened Mutation.complete ERROR',
    ],
    [
      'an argument loses its default',
      'inference',
      /after: Int! = -1/,
      'after: Int!',
      'breaking Subscription.resumeCompletion.after ERROR',
    ],
    [
      'texts pass by the guardrails',
      'inference',
      /@guarded\(stages: \[INPUT, RETRIEVED, TOOL_OUTPUT, OUTPUT, TOOL_INPUT\]\)/,
      '',
      'loosened Mutation.complete ERROR',
    ],
    [
      'a cost is raised',
      'inference',
      /@cost\(weight: 10\)/,
      '@cost(weight: 9000)',
      'dangerous Mutation.complete DANGEROUS',
    ],
    [
      'a cost is negative',
      'inference',
      /@cost\(weight: 10\)/,
      '@cost(weight: -5)',
      'directive Mutation.complete ERROR',
    ],
  ] as const)('states it when %s', async (_what, name, text, replacement, expected) => {
    expect(await found(name, text, replacement)).toContain(expected);
  });
});
