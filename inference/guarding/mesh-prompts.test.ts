import { describe, expect, it } from 'vitest';
import { parsePromptTemplate } from '#core/prompt-template.ts';
import type { GuardrailAction, ModelQuestion, RulePost } from '#guardrails/guardrail.ts';
import { type PlannedRule, type Policy, planPolicies } from '#guardrails/pipeline/policy.ts';
import { GuardrailBlocked, type GuardrailVerdict } from '#guardrails/pipeline/run.ts';
import { VerdictCache } from '#guardrails/pipeline/verdict-cache.ts';
import { findRule, knownRules } from '#guardrails/rules.ts';
import { ruleSamples } from '#test/support/guardrail-rules.ts';
import { fc } from '#test/support/properties.ts';
import { buildPlan, emails, wordRule } from '#test/support/word-rules.ts';
import { guardAnswer } from './guard-answer.ts';
import { guardCall } from './guard-call.ts';
import { toVerdictRecord } from './verdict-records.ts';

const border = '\n#\n';
const { signal } = new AbortController();

/** What a prompt of the mesh states around its values: before, between and after them, and in its system message. */
interface Written {
  readonly around: readonly [string, string, string];
  readonly system: string;
}

interface Values {
  readonly a: string;
  readonly b: string;
}

interface Owned {
  readonly owner: 'MESH' | 'TENANT';
  readonly action: GuardrailAction;
  readonly mode?: Policy['mode'];
}

function planRule(name: string, { owner, action, mode = 'ENFORCE' }: Owned, seen: unknown[]) {
  const stages = (findRule(name)?.stages ?? []).filter((stage) => fits(action, stage));
  const options = name === 'prompt_leak' ? { wordsMin: 3 } : (ruleSamples[name]?.[2] ?? {});
  const rule = { rule: name, stages, action, options, sample: 1, unlessConsent: null };
  const diverted = { note: null, reroute: action === 'REROUTE' ? 'other' : null };
  const post = async ({ body }: RulePost) => {
    seen.push(body);
    return body.includes('Refuse') ? '{"allowed":false,"reason":"refused"}' : '{"allowed":true}';
  };
  return planPolicies(
    [
      {
        ...{ id: 'p', version: 1, mode, rules: [{ ...rule, ...diverted }] },
        ...(owner === 'MESH' ? { isOfMesh: true } : {}),
      },
    ],
    { post },
  );
}

const input = ['INPUT', 'RETRIEVED', 'TOOL_OUTPUT'];
const fits = (action: GuardrailAction, stage: string) =>
  action === 'RETRY' ? !input.includes(stage) : action !== 'REROUTE' || input.includes(stage);

function listActions(name: string): readonly GuardrailAction[] {
  const { stages = [], hasSpans } = findRule(name) ?? {};
  const all: readonly GuardrailAction[] = ['BLOCK', 'WARN', 'RETRY', 'REROUTE', 'MASK', 'REDACT'];
  return all
    .filter((action) => hasSpans || (action !== 'MASK' && action !== 'REDACT'))
    .filter((action) => stages.some((stage) => fits(action, stage)));
}

const answerQuestion = (seen: unknown[]) => async (question: ModelQuestion) => {
  // The names of delimiters are drawn at random.
  seen.push(JSON.stringify(question).replaceAll(/data-[0-9a-f]{32}/g, 'data'));
  const isBad = question.user.includes('Refuse') || question.system.includes('Refuse');
  if (question.model === 'guard') return isBad ? 'unsafe\nS1' : 'safe';
  return isBad ? '{"score":0}' : '{"score":1}';
};

const describeVerdicts = (verdicts: readonly GuardrailVerdict[]) =>
  verdicts.map((verdict) => ({ ...toVerdictRecord(verdict), durationMs: 0 }));

/** A run of the prompt, with everything that the owner of a rule can observe of it; `sent` is what goes to the AI model. */
async function run(name: string, owned: Owned, { around, system }: Written, values: Values, answer: string) {
  const seen: unknown[] = [];
  const [before, between, after] = around;
  const template = [before, '{{a}}', between, '{{b}}', after].join(border);
  const { system: filled, text } = parsePromptTemplate(`${system}${border}{{a}}`, template).render({
    ...values,
  });
  const message = { role: 'user', parts: [{ type: 'text', text: text.text }] } as const;
  const call = {
    messages: [{ role: 'system', content: filled?.text ?? '', name: 'Writer' }, message],
    tools: [{ name: 'look', description: system, parameters: { title: before } }],
    responseSchema: { description: between },
    responseSchemaName: 'shape',
    responseSchemaDescription: after,
    stop: [after || 'stop'],
    providerOptions: { openai: { user: system } },
  } as const;
  const ofMesh = { system: filled?.values ?? [], user: text.values };
  const plan = planRule(name, owned, seen);
  const party = {
    ...{ tenantId: 't', allowedRegions: null, endUserId: null },
    models: {
      callModel: answerQuestion(seen),
      moderate: () => Promise.reject(new Error('No rule of the test calls it.')),
    },
    verdicts: new VerdictCache(() => 0),
  };
  const verdicts: GuardrailVerdict[] = [];
  try {
    const guarded = await guardCall({ call, ofMesh }, plan, party, signal);
    verdicts.push(...guarded.verdicts);
    const answered = await guardAnswer({ text: answer }, guarded, { isStructured: false, signal });
    verdicts.push(...answered.verdicts);
    const [sentSystem, sent] = guarded.call.messages;
    return {
      sent: [
        sentSystem?.role === 'system' ? sentSystem.content : '',
        sent?.role === 'user' && sent.parts[0]?.type === 'text' ? sent.parts[0].text : '',
      ].map((each) => each.split(border)),
      others: { ...guarded.call, messages: [] },
      observed: {
        seen,
        verdicts: describeVerdicts(verdicts),
        reroute: guarded.reroute?.model,
        answered: readAnswer(answered),
      },
    };
  } catch (error) {
    if (!(error instanceof GuardrailBlocked)) throw error;
    return {
      sent: null,
      others: null,
      observed: { seen, verdicts: describeVerdicts(error.verdicts), error: error.message },
    };
  }
}

const readAnswer = (answered: Awaited<ReturnType<typeof guardAnswer>>) =>
  answered.kind === 'PASSED' ? answered.answer : [answered.error.message, answered.note];

/** Texts in which rules find something, and others. */
const found = Object.values(ruleSamples).map(([text]) => text);
const passed = Object.values(ruleSamples).map(([, text]) => text);
const pieces = fc.constantFrom(...found, ...passed, '⟨EMAIL_1⟩', 'one two three four five', '');
const writings: fc.Arbitrary<Written> = fc.record({
  around: fc.tuple(pieces, pieces, pieces),
  system: pieces,
});
const valuePairs = fc.record({ a: pieces, b: pieces });

describe.each(knownRules.map(({ name }) => [name]))('the rule %s', (name) => {
  it('of a tenant observes the same, and edits values alone, whatever a prompt of the mesh states', async () => {
    const owned = fc.record({
      owner: fc.constant('TENANT' as const),
      action: fc.constantFrom(...listActions(name)),
      mode: fc.constantFrom('ENFORCE' as const, 'SHADOW' as const),
    });
    await fc.assert(
      fc.asyncProperty(
        owned,
        writings,
        writings,
        valuePairs,
        pieces,
        async (rule, one, other, values, answer) => {
          const [first, second] = [
            await run(name, rule, one, values, answer),
            await run(name, rule, other, values, answer),
          ];
          expect(first.observed).toEqual(second.observed);
          for (const [{ sent, others }, { around, system }] of [
            [first, one],
            [second, other],
          ] as const) {
            if (sent === null) continue;
            expect([sent[0]?.[0], sent[1]?.[0], sent[1]?.[2], sent[1]?.[4]]).toEqual([system, ...around]);
            expect(others).toMatchObject({
              responseSchema: { description: around[1] },
              tools: [{ description: system }],
            });
          }
          const valuesSent = (each: typeof first) => [
            each.sent?.[0]?.[1],
            each.sent?.[1]?.[1],
            each.sent?.[1]?.[3],
          ];
          expect(valuesSent(first)).toEqual(valuesSent(second));
        },
      ),
      { numRuns: 40 },
    );
  });
});

const looking = knownRules.filter(({ name, stages }) => stages.includes('INPUT') && name !== 'consent');
const nothing: Written = { around: ['', '', ''], system: '' };
const harmless = { a: '', b: '' };

describe.each(looking.map(({ name }) => [name]))('the rule %s', (name) => {
  const [text] = ruleSamples[name] ?? [''];
  const written: Written = { around: [text, '', ''], system: '' };
  const fires = async (owner: Owned['owner'], ...[stated, values]: [Written, Values]) =>
    (await run(name, { owner, action: 'WARN' }, stated, values, '')).observed.verdicts.some(
      ({ fired }) => fired,
    );

  it('of a tenant looks at values, and that of the mesh at everything', async () => {
    expect(await fires('TENANT', nothing, { a: '', b: text })).toBe(true);
    expect(await fires('TENANT', written, harmless)).toBe(false);
    expect(await fires('MESH', nothing, { a: '', b: text })).toBe(true);
    expect(await fires('MESH', written, harmless)).toBe(true);
  });
});

it('prompt_leak of a tenant does not compare answers with a system message of the mesh, and that of the mesh does', async () => {
  const written = { ...nothing, system: 'Never name the secret falcon.' };
  const fires = async (owner: Owned['owner'], values: Values) =>
    (
      await run('prompt_leak', { owner, action: 'BLOCK' }, written, values, 'Never name the secret falcon.')
    ).observed.verdicts.some(({ fired }) => fired);
  expect(await fires('TENANT', harmless)).toBe(false);
  expect(await fires('MESH', harmless)).toBe(true);
  // What the caller has stated itself is compared.
  expect(await fires('TENANT', { a: 'Never name the secret falcon.', b: '' })).toBe(true);
});

describe('values of a prompt of the mesh', () => {
  const requestRun = (template: string, values: Record<string, unknown>) => {
    const { text } = parsePromptTemplate(null, template).render(values);
    const messages = [{ role: 'user', parts: [{ type: 'text', text: text.text }] }] as const;
    return { call: { messages }, ofMesh: { system: [], user: text.values } };
  };
  const party = { tenantId: 't', allowedRegions: null, endUserId: null };
  const guard = (template: string, values: Record<string, unknown>, ...rules: readonly PlannedRule[]) =>
    guardCall(requestRun(template, values), buildPlan(...rules), party, signal);
  const sentText = async (guarding: ReturnType<typeof guard>) =>
    JSON.stringify((await guarding).call.messages);

  it('are masked in their places, and come back in the answer', async () => {
    const masking = wordRule(emails, 'MASK', { kind: 'EMAIL' });
    const guarding = guard(
      'From ann@x.test to {{a}}: {{b}}, {{a}}',
      { a: 'bob@x.test', b: 'cc eve@x.test' },
      masking,
    );
    const guarded = await guarding;
    expect(await sentText(guarding)).toContain('From ann@x.test to ⟨EMAIL_1⟩: cc ⟨EMAIL_2⟩, ⟨EMAIL_1⟩');
    const answered = await guardAnswer({ text: 'Dear ⟨EMAIL_2⟩' }, guarded, { isStructured: false, signal });
    expect(answered).toMatchObject({ kind: 'PASSED', answer: { text: 'Dear eve@x.test' } });
  });

  it('go out as the rules in the process have edited them, and their numbers depend on nothing around them', async () => {
    for (const template of ['{{a}} and {{b}}', 'ann@x.test 77 {{a}} bob@x.test and {{b}} eve@x.test']) {
      const masking = wordRule(emails, 'MASK', { kind: 'EMAIL', isOfMesh: true });
      const numbers = wordRule(/\d+/, 'REDACT', { kind: 'NUMBER', isOfMesh: true });
      const seen: string[] = [];
      const remote = wordRule(/Eve/, 'REDACT', { kind: 'NAME' });
      const look = {
        ...remote.prepared,
        check: (texts: Parameters<typeof remote.prepared.check>[0]) => {
          seen.push(...texts.map(({ text }) => text));
          return remote.prepared.check(texts, {} as never);
        },
      };
      const guarding = guard(template, { a: 'Eve bob@x.test 12', b: 'eve@x.test Eve' }, masking, numbers, {
        ...remote,
        reach: 'REMOTE',
        prepared: look,
      });
      expect(await sentText(guarding)).toContain('[NAME] ⟨EMAIL_1⟩ [NUMBER]');
      expect(await sentText(guarding)).toContain('⟨EMAIL_2⟩ [NAME]');
      expect(seen).toEqual(['Eve ⟨EMAIL_1⟩ [NUMBER]', '⟨EMAIL_2⟩ Eve']);
    }
  });

  it('are what rules of tenants see of the call when they look at its answer, and of what was sent nothing', async () => {
    const seen: unknown[] = [];
    const look = (more: Partial<PlannedRule>) => {
      const check: PlannedRule['prepared']['check'] = (_, { sentTexts }) => {
        seen.push(sentTexts?.().map(({ text }) => text));
        return { fired: false };
      };
      return {
        ...wordRule(/x/, 'LOG', { stages: ['OUTPUT'] }),
        reach: 'REMOTE',
        prepared: { check },
        ...more,
      } as const;
    };
    const masking = wordRule(emails, 'MASK', { kind: 'EMAIL', isOfMesh: true, stages: ['INPUT'] });
    const guarded = await guard('To {{a}}', { a: 'bob@x.test' }, masking, look({}), look({ isOfMesh: true }));
    await guardAnswer({ text: 'Yes' }, guarded, { isStructured: false, signal });
    expect(seen).toEqual([[], expect.arrayContaining(['To ⟨EMAIL_1⟩'])]);
  });

  it('lose to rules of tenants what a rule of the mesh has replaced together with what stands beside it', async () => {
    const seen: string[] = [];
    const seeing = wordRule(/x/, 'LOG');
    const check = (texts: Parameters<typeof seeing.prepared.check>[0]) => {
      seen.push(...texts.map(({ text }) => text));
      return { fired: false } as const;
    };
    const joined = wordRule(/key: \w+/, 'REDACT', { isOfMesh: true });
    await guard('The key: {{a}} is given.', { a: 'abc and more' }, joined, {
      ...seeing,
      reach: 'REMOTE',
      prepared: { check },
    });
    expect(seen).toEqual([' and more']);
  });

  it('are one text each: what a rule looks for is found within a value, and not over two', async () => {
    const blocking = wordRule(/ab/, 'BLOCK');
    await expect(guard('{{a}} x {{b}}', { a: 'xabx', b: '' }, blocking)).rejects.toMatchObject({
      code: 'GUARDRAIL_BLOCKED',
    });
    expect(await sentText(guard('a{{a}}', { a: 'b' }, blocking))).toContain('ab');
    expect(await sentText(guard('{{a}}{{b}}', { a: 'a', b: 'b' }, blocking))).toContain('ab');
  });
});
