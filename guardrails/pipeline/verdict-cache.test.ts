import { describe, expect, it } from 'vitest';
import { buildPlan, wordRule } from '#test/support/word-rules.ts';
import type { GuardedText, RuleResult } from '../guardrail.ts';
import { Masks } from './masks.ts';
import type { PlannedRule } from './policy.ts';
import { type RunContext, runGuardrails } from './run.ts';
import { VerdictCache } from './verdict-cache.ts';

const signal = new AbortController().signal;
const toContext = (verdicts: VerdictCache, more: Partial<RunContext> = {}): RunContext => ({
  ...{ tenantId: 't', allowedRegions: null, endUserId: null, callTexts: () => [], signal, verdicts },
  ...more,
});
const message = (text: string, more: Partial<GuardedText> = {}): GuardedText => ({
  ...{ text, kind: 'message', role: 'user', format: 'TEXT', stages: ['INPUT'], isEditable: true },
  ...more,
});

/** A REMOTE rule whose looks are answered by the test, one after the other. */
function remoteRule(more: Partial<PlannedRule> = {}, rememberBy: string | null = '') {
  const looks: PromiseWithResolvers<RuleResult>[] = [];
  const looked: string[][] = [];
  const check = (texts: readonly GuardedText[]) => {
    looked.push(texts.map(({ text }) => text));
    const look = Promise.withResolvers<RuleResult>();
    looks.push(look);
    return look.promise;
  };
  const remembering = rememberBy === null ? {} : { rememberBy: () => rememberBy };
  const rule = wordRule(/x/, 'BLOCK', { reach: 'REMOTE', prepared: { check, ...remembering }, ...more });
  return { rule, looks, looked };
}

const run = (rule: PlannedRule, texts: readonly GuardedText[], context: RunContext) =>
  runGuardrails(buildPlan(rule), texts, { direction: 'INPUT', context, masks: new Masks([]) });
const fired: RuleResult = { fired: true, reason: 'it is bad', findings: [] };
/** Until what waits for promises that are settled has had its turn. */
const settled = () => new Promise(setImmediate);

describe('verdicts of equal texts', () => {
  it('are not remembered where the rule could not look and lets texts pass', async () => {
    const context = toContext(new VerdictCache(() => 0));
    const { rule, looks, looked } = remoteRule();
    for (const at of [0, 1]) {
      const running = run(rule, [message('text')], context);
      await settled();
      looks[at]?.resolve({ fired: false, failed: true });
      expect((await running).verdicts).toMatchObject([{ fired: false, failed: true }]);
    }
    expect(looked).toHaveLength(2);
  });

  it.each([{ fired: false } as const, fired])('are remembered for a minute (%o)', async (result) => {
    let nowMs = 0;
    const context = toContext(new VerdictCache(() => nowMs));
    const { rule, looks, looked } = remoteRule();
    const first = run(rule, [message('text')], context);
    await settled();
    looks[0]?.resolve(result);
    const kinds = [(await first).kind];
    nowMs = 59_999;
    kinds.push((await run(rule, [message('text')], context)).kind);
    expect(looked).toEqual([['text']]);
    nowMs = 60_000;
    void run(rule, [message('text')], context);
    await settled();
    expect(looked).toHaveLength(2);
    expect(new Set(kinds)).toEqual(new Set([result.fired ? 'BLOCKED' : 'PASSED']));
  });

  it('are looked at once where they are under way', async () => {
    const context = toContext(new VerdictCache(() => 0));
    const { rule, looks, looked } = remoteRule();
    const both = [run(rule, [message('text')], context), run(rule, [message('text')], context)];
    await settled();
    expect(looked).toHaveLength(1);
    looks[0]?.resolve(fired);
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['BLOCKED', 'BLOCKED']);
  });

  it('do not wait for each other after one has failed, and a failure is not remembered', async () => {
    const context = toContext(new VerdictCache(() => 0));
    const { rule, looks, looked } = remoteRule();
    const three = [1, 2, 3].map(() => run(rule, [message('text')], context));
    await settled();
    looks[0]?.reject(new Error('cut'));
    await settled();
    expect(looked).toHaveLength(3);
    for (const look of looks) look.resolve({ fired: false });
    expect((await Promise.all(three)).map(({ kind }) => kind)).toEqual(['BLOCKED', 'PASSED', 'PASSED']);
  });

  it.each<[string, Partial<GuardedText>, Partial<RunContext>, Partial<PlannedRule>, string]>([
    ['another tenant', {}, { tenantId: 'u' }, {}, ''],
    ['no tenant', {}, { tenantId: null }, {}, ''],
    ['another text', { text: 'texts' }, {}, {}, ''],
    ['another role', { role: 'system' }, {}, {}, ''],
    ['another stage', { stages: ['INPUT', 'RETRIEVED'] }, {}, {}, ''],
    ['other options', {}, {}, { options: { mark: 1 } }, ''],
    ['another rule', {}, {}, { rule: 'other' }, ''],
    ['the mesh', {}, {}, { isOfMesh: true }, ''],
    ['another part of the context', {}, {}, {}, 'user'],
  ])('are not those of %s', async (_, text, context, more, by) => {
    const verdicts = new VerdictCache(() => 0);
    const { rule, looks } = remoteRule();
    const first = run(rule, [message('text')], toContext(verdicts));
    await settled();
    looks[0]?.resolve({ fired: false });
    await first;
    const { rule: next, looked } = remoteRule({ ...more }, by);
    void run(next, [message('text', text)], toContext(verdicts, context));
    await settled();
    expect(looked).toHaveLength(1);
  });

  it('are not remembered where the rule does not state on what they depend, or where they hold a text', async () => {
    const context = toContext(new VerdictCache(() => 0));
    const spans = { text: 0, start: 0, end: 1, kind: 'WORD', replacement: 'the text' };
    const holding: readonly RuleResult[] = [
      { ...fired, repaired: 'the text' },
      { ...fired, findings: [spans] },
    ];
    const remembering = holding.map((result) => ({ ...remoteRule(), result }));
    for (const { rule, looks, looked, result } of [
      { ...remoteRule({}, null), result: fired },
      ...remembering,
    ]) {
      for (const at of [0, 1]) {
        const running = run(rule, [message('text')], context);
        await settled();
        looks[at]?.resolve(result);
        await running;
      }
      expect(looked).toHaveLength(2);
    }
  });
});
