import { describe, expect, it, vi } from 'vitest';
import { GrowingRules } from '#guardrails/pipeline/growing-rules.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import type { PlannedRule } from '#guardrails/pipeline/policy.ts';
import { heldMsMax } from '#guardrails/pipeline/window.ts';
import { AnswerBuilder } from '#providers/answer-builder.ts';
import type { ProviderAnswer, ProviderPart } from '#providers/provider.ts';
import { fc } from '#test/support/properties.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';
import { buildPlan, emails, growingRule } from '#test/support/word-rules.ts';
import { AnswerWindow } from './answer-window.ts';
import { guardAnswer, guardMessage } from './guard-answer.ts';

const signal = new AbortController().signal;
const context = { tenantId: 't', allowedRegions: null, endUserId: null, callTexts: () => [], signal };
const rules = [
  growingRule(emails, 'MASK', { kind: 'EMAIL' }),
  growingRule(/\d{4,}/, 'REDACT', { kind: 'NUMBER' }),
];

function callMasks(): Masks {
  const masks = new Masks([]);
  masks.choosePlaceholder('EMAIL', 'ann@x.test');
  return masks;
}

/** A window with all that it has shown. */
function openWindow(planned: readonly PlannedRule[], isStructured = false) {
  const masks = callMasks();
  const shown: ProviderPart[] = [];
  const refused = vi.fn();
  const guards = { rules: new GrowingRules(planned, context), masks, ownMasks: masks.besides([]) };
  const show = (part: ProviderPart) => {
    shown.push(part);
    return undefined;
  };
  const window = new AnswerWindow({ guards, isStructured, show, onRefused: refused });
  return {
    window,
    shown,
    refused,
    async takeAll(parts: readonly ProviderPart[]): Promise<void> {
      for (const part of parts) await window.take(part);
    },
  };
}

function build(parts: readonly ProviderPart[]): ProviderAnswer {
  const builder = new AnswerBuilder();
  for (const part of parts) builder.add(part);
  return builder.answer({ type: 'finish', reason: 'STOP', usage: buildUsage(1, 1) });
}

const words = fc.constantFrom(
  '⟨EMAIL_1⟩',
  '<EMAIL\\_1>',
  'To ',
  'bob@y.test',
  '12345',
  ' ',
  '.',
  '⟨EMA',
  'x'.repeat(20),
);
const texts = fc.array(words, { maxLength: 8 }).map((each) => each.join(''));
const cutUp = (text: string): readonly string[] => text.match(/[\s\S]{1,3}/gu) ?? [];

type Say = (piece: string, isFirst: boolean) => ProviderPart;
const says: readonly Say[] = [
  (text) => ({ type: 'text', text }),
  (text) => ({ type: 'reasoning', text }),
  (text) => ({ type: 'refusal', text }),
  (transcript) => ({ type: 'audio', data: '', transcript }),
  (text) => ({ type: 'text', text, alternative: 1 }),
  (text) => ({ type: 'reasoning', text, alternative: 2 }),
  ...[0, 1].map(
    (index): Say =>
      (argumentsDelta, isFirst) => ({
        type: 'tool-call',
        index,
        ...(isFirst ? { id: `c${index}`, name: 'send' } : {}),
        argumentsDelta,
      }),
  ),
];

/** An answer of many texts, each cut into pieces, in any order of the texts. */
const answers = fc
  .tuple(fc.array(texts, { minLength: says.length, maxLength: says.length }), fc.infiniteStream(fc.nat()))
  .map(([all, random]) => {
    const queues = all.map((text, number) => {
      const say = says[number] as Say;
      const isTool = say('', true).type === 'tool-call';
      return cutUp(isTool ? JSON.stringify({ text }) : text).map((piece, at) => say(piece, at === 0));
    });
    const parts: ProviderPart[] = [];
    for (let left = queues.filter(({ length }) => length > 0); left.length > 0; ) {
      const queue = left[(random.next().value ?? 0) % left.length];
      parts.push(...(queue?.splice(0, 1) ?? []));
      left = left.filter(({ length }) => length > 0);
    }
    return parts;
  });

/** A call without messages under the plan. */
const guardedBy = (plan: ReturnType<typeof buildPlan>) => ({
  plan,
  masks: callMasks(),
  context,
  call: { messages: [] },
  verdicts: [],
  reroute: null,
});

describe('the window of an answer', () => {
  it.each([
    ['masks alone', []],
    ['rules', rules],
  ])('shows what the whole answer comes to, in whatever order its texts come (%s)', async (_, planned) => {
    await fc.assert(
      fc.asyncProperty(answers, async (parts) => {
        const { window, shown, takeAll } = openWindow(planned);
        await takeAll(parts);
        await window.finish();
        const guarded = guardedBy(buildPlan(...planned));
        const whole = await guardAnswer(build(parts), guarded, { isStructured: false, signal });
        const number = (text: string) => text.replaceAll(/⟨EMAIL_\d+⟩/g, '⟨EMAIL⟩');
        expect(number(JSON.stringify(texted(build(shown))))).toBe(
          number(
            JSON.stringify(texted(whole.kind === 'PASSED' ? (whole.answer as ProviderAnswer) : build([]))),
          ),
        );
        expect(window.released.text).toBe(build(shown).text);
      }),
      { numRuns: 60 },
    );
  });

  it('is beside whole answers, and the words of failures, where what is masked has names that stand nowhere else', async () => {
    const plan = buildPlan(growingRule(emails, 'MASK', { kind: 'EMAIL', stages: ['OUTPUT'] }));
    const guarded = guardedBy(plan);
    const said = 'Not ⟨EMAIL_2⟩ but bob@y.test, for ⟨EMAIL_1⟩';
    const shown = 'Not ⟨EMAIL_2⟩ but ⟨EMAIL_3⟩, for ann@x.test';
    expect(await guardAnswer({ text: said }, guarded, { isStructured: false, signal })).toMatchObject({
      answer: { text: shown },
    });
    expect(await guardMessage(said, guarded, signal)).toBe(shown);
  });

  it('keeps blocks and citations behind the text before them, and the parts of tool calls apart', async () => {
    const { window, shown, takeAll } = openWindow(rules);
    await takeAll([
      { type: 'text', text: 'To bob@' },
      { type: 'citation', citation: { quote: 'bob@y.test' } },
      { type: 'text', text: 'y.test now' },
      { type: 'provider-block', format: 'responses', block: { output: '⟨EMAIL_1⟩ 12345' } },
      { type: 'tool-call', index: 0, id: 'c', name: 'send', argumentsDelta: '{"a":"⟨EM' },
      { type: 'tool-call', index: 0, argumentsDelta: 'AIL_1⟩"}' },
    ]);
    await window.finish();
    expect(shown).toEqual([
      { type: 'text', text: 'To ' },
      { type: 'text', text: '⟨EMAIL_2⟩' },
      { type: 'citation', citation: { quote: '⟨EMAIL_2⟩' } },
      { type: 'text', text: ' ' },
      { type: 'text', text: 'now' },
      { type: 'provider-block', format: 'responses', block: { output: 'ann@x.test [NUMBER]' } },
      { type: 'tool-call', index: 0, id: 'c', name: 'send', argumentsDelta: '{"a":"ann@x.test' },
      { type: 'tool-call', index: 0, argumentsDelta: '"}' },
    ]);
  });

  it('restores and edits further fields of tool calls, whichever part has them', async () => {
    const { window, shown, takeAll } = openWindow(rules);
    const own = (note: string) => ({ own: { messages: { note } } });
    const part = (argumentsDelta: string, more: object): ProviderPart => ({
      ...{ type: 'tool-call', index: 0, argumentsDelta, ...more },
    });
    const named = { id: 'c', name: 'send' };
    await takeAll([
      part('', { ...named, ...own('⟨EMAIL_1⟩') }),
      part('{"a":"x"', {}),
      part('}', own('bob@y.test')),
      part('', own('12345')),
    ]);
    await window.finish();
    expect(shown).toEqual([
      part('', { ...named, ...own('ann@x.test') }),
      part('{"a":"x"', {}),
      part('}', own('⟨EMAIL_2⟩')),
      part('', own('[NUMBER]')),
    ]);
    expect(window.released.toolCalls).toEqual([{ ...named, arguments: { a: 'x' }, ...own('[NUMBER]') }]);
  });

  it('drops the progress of blocks that holds pieces of texts', async () => {
    const { window, shown, takeAll } = openWindow([]);
    const change = (more: object) =>
      ({ type: 'provider-block-change', format: 'responses', change: { type: 'x', ...more } }) as const;
    await takeAll([change({ delta: '⟨EM' }), change({ note: '⟨EMAIL_1⟩' })]);
    await window.finish();
    expect(shown).toEqual([change({ note: 'ann@x.test' })]);
  });

  it('refuses the names of tools and the blocks that a rule finds something in', async () => {
    const blocking = growingRule(/sesame/, 'BLOCK');
    const masking = growingRule(/sesame/, 'MASK');
    const named: ProviderPart = { type: 'tool-call', index: 0, id: 'c', name: 'sesame', argumentsDelta: '' };
    const block: ProviderPart = { type: 'provider-block', format: 'responses', block: { a: 'sesame' } };
    const further: ProviderPart = { ...named, name: 'f', own: { messages: { a: 'sesame' } } };
    for (const [rule, part] of [
      [blocking, named],
      [masking, named],
      [blocking, block],
      [blocking, further],
    ] as const) {
      const { takeAll, shown } = openWindow([rule]);
      await expect(takeAll([part])).rejects.toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
      expect(shown).toEqual([]);
    }
  });

  it('reads the text of a structured answer as JSON, also behind spaces, and prose as text', async () => {
    const masks = callMasks();
    masks.choosePlaceholder('NAME', 'the "big" Ann');
    for (const [pieces, expected] of [
      [['\n', '{"who":"⟨NAME', '_1⟩"}'], '\n{"who":"the \\"big\\" Ann"}'],
      [['I am ', '⟨NAME_1⟩.'], 'I am the "big" Ann.'],
    ] as const) {
      const shown: ProviderPart[] = [];
      const guards = { rules: new GrowingRules([], context), masks, ownMasks: masks.besides([]) };
      const show = (part: ProviderPart) => void shown.push(part) as undefined;
      const window = new AnswerWindow({ guards, isStructured: true, show, onRefused: () => undefined });
      for (const text of pieces) await window.take({ type: 'text', text });
      await window.finish();
      expect(build(shown).text).toBe(expected);
    }
  });

  it('releases what a rule holds when nothing has come for 250 ms, and reports what it then refuses', async () => {
    vi.useFakeTimers();
    try {
      const { takeAll, shown, refused } = openWindow([growingRule(/sesame/, 'BLOCK')]);
      await takeAll([{ type: 'text', text: 'so open' }]);
      expect(shown).toEqual([{ type: 'text', text: 'so ' }]);
      await vi.advanceTimersByTimeAsync(heldMsMax - 1);
      expect(shown).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(shown.at(-1)).toEqual({ type: 'text', text: 'open' });
      await takeAll([{ type: 'text', text: ' sesame' }]);
      expect(refused).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(heldMsMax);
      expect(refused).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'GUARDRAIL_BLOCKED' }));
      expect(JSON.stringify(shown)).not.toContain('sesame');
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets a text pass that another one waits behind for too long, and still restores that', async () => {
    const { takeAll, window, shown } = openWindow([]);
    const reasoning = 'r'.repeat(150);
    await takeAll([
      { type: 'text', text: 'To ⟨EMA' },
      { type: 'reasoning', text: reasoning },
    ]);
    expect(build(shown)).toMatchObject({ text: 'To ', reasoning: null });
    await takeAll([{ type: 'reasoning', text: reasoning }]);
    expect(build(shown)).toMatchObject({ text: 'To ', reasoning: reasoning + reasoning });
    await takeAll([{ type: 'text', text: 'IL_1⟩' }]);
    await window.finish();
    expect(build(shown).text).toBe('To ann@x.test');
  });

  it('shows no log probabilities before the text that they repeat, and none of a text that is changed', async () => {
    const long = 'bob.'.repeat(15);
    const { takeAll, window, shown } = openWindow(rules);
    await takeAll([...say('Mail '), ...say(`${long}bob@y`)]);
    expect(JSON.stringify(shown)).not.toContain('"b"');
    await takeAll(say('.test now'));
    await window.finish();
    expect(build(shown).text).toBe('Mail ⟨EMAIL_2⟩ now');
    const rated = shown.flatMap((part) => (part.type === 'logprobs' ? part.tokens : []));
    expect(rated).toHaveLength('Mail '.length);
    const plain = openWindow(rules);
    await plain.takeAll([...say('Mail '), ...say('orders')]);
    await plain.window.finish();
    expect(plain.shown.filter(({ type }) => type === 'logprobs')).toHaveLength('Mail orders'.length);
  });

  it('shows no log probabilities of what waits behind the beginning of a placeholder, whatever overtakes that', async () => {
    const { takeAll, window, shown } = openWindow([]);
    const reasoning = 'r'.repeat(300);
    await takeAll([...say('To ⟨EMA'), { type: 'reasoning', text: reasoning }, ...say('IL')]);
    expect(build(shown)).toMatchObject({ text: 'To ', reasoning });
    expect(shown.filter(({ type }) => type === 'logprobs')).toEqual([]);
    await takeAll(say('_1⟩.'));
    await window.finish();
    expect(build(shown).text).toBe('To ann@x.test.');
    expect(shown.filter(({ type }) => type === 'logprobs')).toEqual([]);
  });

  it('lets nothing overtake a text for the log probabilities that wait with it', async () => {
    const { takeAll, window, shown } = openWindow([]);
    await takeAll([...say('To ⟨EMAIL'), { type: 'reasoning', text: 'short' }]);
    expect(build(shown)).toMatchObject({ text: 'To ', reasoning: null });
    await takeAll([{ type: 'text', text: '_7⟩' }]);
    await window.finish();
    expect(shown.map(({ type }) => type).filter((type) => type !== 'logprobs')).toEqual([
      ...['text', 'text', 'reasoning', 'text'],
    ]);
    expect(shown.filter(({ type }) => type === 'logprobs')).toHaveLength('To ⟨EMAIL'.length);
  });
});

const rate = (token: string): ProviderPart => ({
  type: 'logprobs',
  tokens: [{ token, logprob: -0.1, bytes: [...Buffer.from(token)], top_logprobs: [] }],
});
/** A text and the log probabilities of its characters. */
const say = (text: string): readonly ProviderPart[] => [{ type: 'text', text }, ...[...text].map(rate)];

/** The texts of an answer, of which tool calls without arguments are none. */
function texted({ text, reasoning, toolCalls, extras }: ProviderAnswer) {
  const alternatives = extras?.alternatives?.filter((other) => other.text !== '' || other.reasoning);
  return {
    text,
    reasoning,
    toolCalls,
    refusal: extras?.refusal,
    audio: extras?.audio?.transcript,
    alternatives,
  };
}
