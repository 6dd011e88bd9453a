import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GuardrailAction } from '#core/graph-enums.generated.ts';
import { defaultPolicyRules } from '../default-policy.ts';
import type { Finding, GuardedText, GuardrailStage, RuleContext, RuleResult } from '../guardrail.ts';
import { guardedText } from '../measure/guarded-text.ts';
import { Masks } from './masks.ts';
import { type GuardrailPlan, type PlannedRule, parseMeshPolicy, planPolicies } from './policy.ts';
import { guardrailBlocked, runGuardrails, type StageOutcome } from './run.ts';

const context: RuleContext = {
  tenantId: 't',
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

/** A rule that finds each occurrence of a word, as `kind`. */
function wordRule(word: string, action: GuardrailAction, more: Partial<PlannedRule> = {}): PlannedRule {
  const check = (texts: readonly GuardedText[]): RuleResult => {
    const findings = texts.flatMap(({ text }, number): Finding[] =>
      [...text.matchAll(new RegExp(word, 'g'))].map((match) => ({
        text: number,
        start: match.index,
        end: match.index + match[0].length,
        kind: 'WORD',
      })),
    );
    return findings.length === 0 ? { fired: false } : { fired: true, reason: 'it holds a word', findings };
  };
  return {
    rule: `word ${word}`,
    stages: ['INPUT'],
    action,
    options: {},
    sample: 1,
    note: null,
    reroute: null,
    unlessConsent: null,
    policyId: 'p',
    version: 1,
    isShadow: false,
    reach: 'LOCAL',
    prepared: { check },
    ...more,
  };
}

const failing = (action: GuardrailAction, more: Partial<PlannedRule> = {}) =>
  wordRule('x', action, {
    prepared: {
      check: () => {
        throw new Error('secret detail');
      },
    },
    ...more,
  });

function planRules(...rules: readonly PlannedRule[]): GuardrailPlan {
  return { fingerprint: 'f', rules, looksAtInput: true, looksAtOutput: true };
}

const run = (rules: readonly PlannedRule[], texts: readonly GuardedText[], masks = new Masks([])) =>
  runGuardrails(planRules(...rules), texts, { direction: 'INPUT', context, masks });

const readEdits = (outcome: StageOutcome) => Object.fromEntries(outcome.edits);

describe('running guardrails', () => {
  it('leaves what no rule finds as it is', async () => {
    const outcome = await run([wordRule('bad', 'BLOCK')], [guardedText('good')]);
    expect(outcome).toMatchObject({ kind: 'PASSED', verdicts: [{ fired: false, reason: null }] });
    expect(outcome.edits.size).toBe(0);
  });

  it('blocks with the rule, the stage and the reason, and nothing of the text', async () => {
    const outcome = await run([wordRule('bad', 'BLOCK')], [guardedText('so bad')]);
    expect(outcome.kind).toBe('BLOCKED');
    if (outcome.kind !== 'BLOCKED') return;
    const error = guardrailBlocked(outcome.by);
    expect(error.message).toBe('The guardrail word bad refuses the input: it holds a word.');
    expect(error.extensions).toMatchObject({ guardrail: 'word bad', stage: 'input' });
  });

  it('masks and redacts by place, each text on its own, equal values with one placeholder', async () => {
    const masks = new Masks([]);
    const rules = [wordRule('ann', 'MASK'), wordRule('bob', 'REDACT')];
    const outcome = await run(
      rules,
      [guardedText('ann, bob, ann'), guardedText('none'), guardedText('ann')],
      masks,
    );
    expect(readEdits(outcome)).toEqual({ 0: '⟨WORD_1⟩, [WORD], ⟨WORD_1⟩', 2: '⟨WORD_1⟩' });
    expect(masks.restore('Dear ⟨WORD_1⟩')).toBe('Dear ann');
  });

  it('replaces findings that overlap as one, for good where one of them is', async () => {
    const masked = await run([wordRule('abc', 'MASK'), wordRule('cde', 'MASK')], [guardedText('xabcdey')]);
    expect(readEdits(masked)).toEqual({ 0: 'x⟨WORD_1⟩y' });
    const redacted = await run(
      [wordRule('abc', 'MASK'), wordRule('cde', 'REDACT')],
      [guardedText('xabcdey')],
    );
    expect(readEdits(redacted)).toEqual({ 0: 'x[WORD]y' });
    const inside = await run([wordRule('b', 'REDACT'), wordRule('abc', 'MASK')], [guardedText('xabcy')]);
    expect(readEdits(inside)).toEqual({ 0: 'x[WORD]y' });
  });

  const token = 'ghp_aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3';
  const evil = 'https://evil.test/a.png';
  it.for([
    ['an escaped tag', 'markup', `<img alt="${token}" onerror="x()">`, '[SCRIPT]'],
    ['the name of an image', 'links', `![${token}](${evil})`, '[LINK]'],
  ] as const)(
    'puts %s in the place of nothing that another rule found in it',
    async ([, rule, text, shown]) => {
      const every = { sample: 1, note: null, reroute: null, unlessConsent: null, options: {} } as const;
      for (const action of ['REDACT', 'MASK'] as const) {
        for (const stages of [['INPUT'], ['OUTPUT']] as const) {
          const policies = [
            {
              id: 'mesh',
              version: 1,
              mode: 'ENFORCE',
              rules: [{ ...every, rule: 'secrets', stages, action }],
            },
            { id: 't', version: 1, mode: 'ENFORCE', rules: [{ ...every, rule, stages, action: 'REDACT' }] },
          ] as const;
          const [direction] = stages;
          const outcome = await runGuardrails(planPolicies(policies, {}), [guardedText(text, { stages })], {
            ...{ direction, context, masks: new Masks([]) },
          });
          expect(readEdits(outcome)).toEqual({ 0: shown });
        }
      }
    },
  );

  it.for([
    ['what the same rule found twice', 'same', 'gone'],
    ['the same text of another rule', 'gone', 'gone'],
    ['another text', 'quote', '[WORD]'],
  ] as const)('puts a text in the place of findings within findings: %s', async ([, other, shown]) => {
    const replacing = (replacement: string, ...places: readonly (readonly [number, number])[]) =>
      wordRule('x', 'REDACT', {
        prepared: {
          check: () => ({
            fired: true,
            reason: 'r',
            findings: places.map(([start, end]) => ({ text: 0, start, end, kind: 'WORD', replacement })),
          }),
        },
      });
    const rules =
      other === 'same'
        ? [replacing('gone', [1, 6], [2, 4])]
        : [replacing('gone', [1, 6]), replacing(other, [1, 6])];
    expect(readEdits(await run(rules, [guardedText('<abcde>')]))).toEqual({ 0: `<${shown}>` });
    const cut = [replacing('', [1, 6]), replacing('quote', [2, 4])];
    expect(readEdits(await run(cut, [guardedText('<abcde>')]))).toEqual({ 0: '<>' });
  });

  it('diverts a call as the widest policy states, whatever the order of the rules', async () => {
    const narrow = wordRule('bad', 'REROUTE', { reroute: 'narrow', level: 4 });
    const wide = wordRule('bad', 'REROUTE', { reroute: 'wide', level: 0 });
    for (const rules of [
      [narrow, wide],
      [wide, narrow],
    ]) {
      expect(await run(rules, [guardedText('bad')])).toMatchObject({ kind: 'REROUTE', model: 'wide' });
    }
    const other = { ...wide, reroute: 'other' };
    expect(await run([wide, other], [guardedText('bad')])).toMatchObject({ model: 'wide' });
  });

  it.for(['MASK', 'REDACT'] as const)('blocks where %s is required and not possible', async (action) => {
    const locked = await run([wordRule('bad', action)], [guardedText('bad', { isEditable: false })]);
    expect(locked.kind).toBe('BLOCKED');
    const whole = wordRule('bad', action, {
      prepared: { check: () => ({ fired: true, reason: 'all of it', findings: [] }) },
    });
    expect((await run([whole], [guardedText('bad')])).kind).toBe('BLOCKED');
  });

  it('leaves JSON as JSON: strings within their quotes, numbers as strings, and blocks where it cannot', async () => {
    const json = (value: unknown) => guardedText(JSON.stringify(value), { format: 'JSON' });
    const parsed = async (word: string, action: GuardrailAction, value: unknown, masks = new Masks([])) => {
      const { edits } = await run([wordRule(word, action)], [json(value)], masks);
      return JSON.parse(edits.get(0) ?? 'null');
    };
    expect(await parsed('bad', 'MASK', { a: 'so bad', b: ['bad'] })).toEqual({
      a: 'so ⟨WORD_1⟩',
      b: ['⟨WORD_1⟩'],
    });
    expect(await parsed('411', 'REDACT', { card: 411, text: '"411' })).toEqual({
      card: '[WORD]',
      text: '"[WORD]',
    });
    const masks = new Masks([]);
    expect(await parsed('x\\\\"y', 'MASK', { a: 'x"y' }, masks)).toEqual({ a: '⟨WORD_1⟩' });
    expect(await parsed('nbad', 'REDACT', { a: '\nbad nbad' })).toEqual({ a: '\n[WORD] [WORD]' });
    expect((await run([wordRule('41', 'REDACT')], [json({ card: 411 })])).kind).toBe('BLOCKED');
    const over = await run([wordRule('b","c', 'REDACT')], [json(['ab', 'cd'])]);
    expect(over.kind).toBe('BLOCKED');
    const broken = await run([wordRule('a":"b', 'REDACT')], [json({ a: 'b' })]);
    expect(broken.kind).toBe('BLOCKED');
  });

  it('shows a rule the texts of its stages alone, and numbers its findings by all of them', async () => {
    const rule = wordRule('bad', 'REDACT', { stages: ['TOOL_OUTPUT'] });
    const tool: readonly GuardrailStage[] = ['INPUT', 'TOOL_OUTPUT'];
    const outcome = await run([rule], [guardedText('bad'), guardedText('bad', { stages: tool })]);
    expect(readEdits(outcome)).toEqual({ 1: '[WORD]' });
    expect(outcome.verdicts[0]?.stage).toBe('TOOL_OUTPUT');
  });

  it('shows remote rules the texts as local ones have edited them', async () => {
    const seen: string[] = [];
    const remote = wordRule('x', 'BLOCK', {
      reach: 'REMOTE',
      prepared: {
        check: (texts) => {
          seen.push(...texts.map(({ text }) => text));
          return { fired: false };
        },
      },
    });
    await run([wordRule('ann', 'MASK'), remote], [guardedText('Dear ann')]);
    expect(seen).toEqual(['Dear ⟨WORD_1⟩']);
  });

  it('calls no remote rule for what a local one blocks', async () => {
    const outcome = await run(
      [wordRule('bad', 'BLOCK'), failing('BLOCK', { reach: 'REMOTE' })],
      [guardedText('bad')],
    );
    expect(outcome.verdicts).toHaveLength(1);
  });

  it.for(Object.values(GuardrailAction))(
    '%s of a shadow rule changes nothing and is on record',
    async (action) => {
      const outcome = await run([wordRule('bad', action, { isShadow: true })], [guardedText('bad')]);
      expect(outcome).toMatchObject({ kind: 'PASSED', verdicts: [{ fired: true, isShadow: true }] });
      expect(outcome.edits.size).toBe(0);
    },
  );

  it.for(Object.values(GuardrailAction))('%s of a rule that fails protects or observes', async (action) => {
    const outcome = await run([failing(action)], [guardedText('text')]);
    expect(outcome.kind).toBe(action === 'WARN' || action === 'LOG' ? 'PASSED' : 'BLOCKED');
    expect(outcome.verdicts).toMatchObject([{ failed: true }]);
    expect(JSON.stringify(outcome)).not.toContain('secret detail');
    expect((await run([failing(action, { isShadow: true })], [guardedText('text')])).kind).toBe('PASSED');
  });

  it('retries with a note, reroutes to an alias, and takes what the rule has repaired', async () => {
    const noted = wordRule('bad', 'RETRY', { note: 'Write without it.' });
    expect(await run([noted], [guardedText('bad')])).toMatchObject({
      kind: 'RETRY',
      note: 'Write without it.',
    });
    expect(await run([wordRule('bad', 'RETRY')], [guardedText('bad')])).toMatchObject({
      kind: 'RETRY',
      note: 'it holds a word.',
    });
    const rerouted = wordRule('bad', 'REROUTE', { reroute: 'safe' });
    expect(await run([rerouted], [guardedText('bad')])).toMatchObject({ kind: 'REROUTE', model: 'safe' });
    const repairing = wordRule('bad', 'RETRY', {
      prepared: { check: () => ({ fired: true, reason: 'broken', findings: [], repaired: '{}' }) },
    });
    expect(await run([repairing], [guardedText('bad')])).toMatchObject({ kind: 'REPAIRED', text: '{}' });
    const both = await run([noted, wordRule('bad', 'BLOCK')], [guardedText('bad')]);
    expect(both.kind).toBe('BLOCKED');
  });

  it('shows rules outside the process the images at their stages, of a call and of no answer', async () => {
    const image = (data: string, ...stages: readonly GuardrailStage[]) => ({
      mediaType: 'image/png',
      data,
      stages,
    });
    const seen: unknown[] = [];
    const look = (stages: readonly GuardrailStage[], direction: 'INPUT' | 'OUTPUT' = 'INPUT') => {
      const check: PlannedRule['prepared']['check'] = (_, { callImages }) => {
        seen.push(callImages?.().map(({ data }) => data));
        return { fired: false };
      };
      const rule = wordRule('x', 'BLOCK', {
        reach: 'REMOTE',
        stages,
        prepared: { check, looksAtCalls: true },
      });
      const images = [
        image('user', 'INPUT', 'RETRIEVED'),
        image('tool', 'INPUT', 'RETRIEVED', 'TOOL_OUTPUT'),
      ];
      const text = guardedText('x', { stages: ['INPUT', 'TOOL_OUTPUT', 'OUTPUT'] });
      const options = { direction, context: { ...context, callImages: () => images }, masks: new Masks([]) };
      return runGuardrails(planRules(rule), [text], options);
    };
    await look(['INPUT']);
    await look(['TOOL_OUTPUT', 'OUTPUT']);
    await look(['INPUT', 'OUTPUT'], 'OUTPUT');
    expect(seen).toEqual([['user', 'tool'], ['tool'], undefined]);
  });

  it('looks at the stated share of calls', async () => {
    const rule = wordRule('bad', 'BLOCK', { sample: 0.5 });
    const draw = (random: number) =>
      runGuardrails(planRules(rule), [guardedText('bad')], {
        direction: 'INPUT',
        context,
        masks: new Masks([]),
        random: () => random,
      });
    expect((await draw(0.49)).kind).toBe('BLOCKED');
    expect((await draw(0.5)).kind).toBe('PASSED');
  });
});

describe('a plan', () => {
  const policy = (more: object) => ({ ...parsed(), ...more });
  const parsed = () => {
    const mesh = parseMeshPolicy(' secrets ,');
    if (mesh === null) throw new Error('no policy');
    return mesh;
  };

  it('of the mesh blocks by name; an unknown rule is refused with the names there are', () => {
    expect(parsed().rules).toMatchObject([{ rule: 'secrets', action: 'BLOCK' }]);
    expect(parseMeshPolicy('')).toBeNull();
    expect(() => parseMeshPolicy('secrets,magic')).toThrow(/magic.*secrets/);
    expect(() => parseMeshPolicy('secrets,words')).toThrow(/words: it has no default options/);
  });

  it('of the mesh can be the default policy, with further rules, and docs/guardrails.md lists it', () => {
    const rules = parseMeshPolicy('default, profanity')?.rules ?? [];
    expect(rules.slice(0, -1)).toEqual(defaultPolicyRules);
    expect(rules.at(-1)).toMatchObject({ rule: 'profanity', action: 'BLOCK' });
    const plan = planPolicies([policy({ rules: defaultPolicyRules })], {});
    // Nothing of it waits for whole answers.
    for (const { stages, prepared } of plan.rules) {
      if (stages.includes('OUTPUT')) expect(prepared.holdFrom).toBeTypeOf('function');
    }
    const page = readFileSync(new URL('../../docs/guardrails.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| ([A-Z]+) \| `(\w+)` \| ([A-Z]+) \| (?:`(.+)` )?\|$/gm)];
    expect(listed.map(([, stage, rule, action, options = '{}']) => [stage, rule, action, options])).toEqual(
      defaultPolicyRules.map((rule) => [
        rule.stages.join(),
        rule.rule,
        rule.action,
        JSON.stringify(rule.options),
      ]),
    );
  });

  it('holds the rules of all policies, but not of those that are off', () => {
    const plan = planPolicies(
      [parsed(), policy({ id: 'b', mode: 'SHADOW' }), policy({ id: 'c', mode: 'OFF' })],
      {},
    );
    expect(plan.rules.map(({ policyId, isShadow }) => [policyId, isShadow])).toEqual([
      [null, false],
      ['b', true],
    ]);
    expect(plan).toMatchObject({ looksAtInput: true, looksAtOutput: true });
    expect(planPolicies([policy({ mode: 'OFF' })], {})).toMatchObject({ rules: [], looksAtInput: false });
  });

  it('prepares a rule once, and differs by version and mode', () => {
    const mesh = parsed();
    const services = {};
    const [first, again] = [planPolicies([mesh], services), planPolicies([mesh], services)];
    expect(first.rules[0]?.prepared).toBe(again.rules[0]?.prepared);
    expect(first.fingerprint).toBe(again.fingerprint);
    const others = [{ version: 2 }, { mode: 'SHADOW' as const }, { id: 'other' }];
    for (const more of others) {
      expect(planPolicies([{ ...mesh, ...more }], services).fingerprint).not.toBe(first.fingerprint);
    }
  });
});
