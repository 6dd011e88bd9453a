import { describe, expect, it } from 'vitest';
import { loadOwnSdls } from '../load-sdl.ts';
import { formatApproval, parseApprovals, rules, type SchemaFinding, type SchemaRule } from './findings.ts';
import { createLocator } from './locate.ts';
import { formatAnnotation, formatLine, reportFindings } from './report.ts';

const finding = (rule: SchemaRule, problem = 'it changed'): SchemaFinding => ({
  rule,
  where: 'Mutation.complete',
  problem,
  whatToDo: 'Look: 100%',
});
const nowhere = () => undefined;
const report = (one: SchemaFinding, options: Partial<Parameters<typeof reportFindings>[1]> = {}) => {
  const [reported] = reportFindings([one], {
    approvals: new Set(),
    strict: false,
    locate: nowhere,
    ...options,
  });
  if (reported === undefined) throw new Error('no finding is lost');
  return reported;
};

describe('the report of a schema check', () => {
  it.each(Object.keys(rules) as SchemaRule[])('fails for what is an error alone: %s', (rule) => {
    const { severity } = rules[rule];
    expect(report(finding(rule)).fails).toBe(severity === 'ERROR');
    expect(report(finding(rule), { strict: true }).fails).toBe(severity !== 'NOTE');
  });

  it('lets through what is approved, this very change and no other one', () => {
    const loosened = finding('loosened');
    const approval = formatApproval(loosened);
    const approvals = parseApprovals(`# meant\n\n${approval} agreed with the team\n`);
    expect(report(loosened, { approvals })).toMatchObject({ approved: true, fails: false });
    expect(formatLine(report(loosened, { approvals }))).toContain('approved');
    expect(report(finding('loosened', 'another change'), { approvals }).fails).toBe(true);
    expect(report(finding('breaking'), { approvals }).fails).toBe(true);
  });

  it('lets no one approve a mutation that every caller could use, nor a graph that cannot be planned', () => {
    for (const rule of ['auth', 'plan', 'stale', 'directive'] as const) {
      expect(formatApproval(finding(rule))).toBeUndefined();
    }
  });

  it('annotates the line of a pull request, escaped as the runner reads it', () => {
    const source = { file: 'a,b.graphql', line: 7 };
    const annotated = formatAnnotation(report(finding('loosened', 'one\ntwo'), { locate: () => source }));
    expect(annotated).toBe(
      '::error file=a%2Cb.graphql,line=7,title=schema%3Acheck loosened%3A Mutation.complete::one%0Atwo. Look: 100%25',
    );
    expect(formatAnnotation(report(finding('dangerous')))).toMatch(/^::warning title=/);
    expect(formatAnnotation(report(finding('policy')))).toMatch(/^::notice title=/);
  });
});

describe('the place of an element', () => {
  const sdl = 'type T {\n  f(\n    x: Int\n  ): Int\n}\nenum E {\n  X\n}\ninput I {\n  g: Int\n}';
  const locate = createLocator({ 's.graphql': sdl });

  it.each([
    ['T', 1],
    ['T.f', 2],
    ['T.f.x', 3],
    ['T.f(x:)', 3],
    ['E.X', 7],
    ['I.g', 10],
    ['T.gone', 1],
    ['T.f.gone', 2],
  ])('is its line, or that of what is around it: %s', (where, line) => {
    expect(locate(where)).toEqual({ file: 's.graphql', line });
  });

  it('is unknown where not even its type is there', () => {
    expect(locate('Gone.f')).toBeUndefined();
  });

  it('is found in the files of this checkout', () => {
    expect(createLocator(loadOwnSdls())('Mutation.complete')?.file).toBe(
      'subgraphs/inference/schema.graphql',
    );
  });
});
