import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { buildPlan, emails, growingRule } from '#test/support/word-rules.ts';
import type { GuardedText, RuleContext } from '../guardrail.ts';
import { GrowingRules } from './growing-rules.ts';
import { Masks } from './masks.ts';
import type { PlannedRule } from './policy.ts';
import { runGuardrails } from './run.ts';
import { heldCharsMax, type ReleaseWhen, TextWindow } from './window.ts';

const context: RuleContext = {
  tenantId: 't',
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

const rules = [
  growingRule(emails, 'MASK', { kind: 'EMAIL' }),
  growingRule(/\d{4,}/, 'REDACT', { kind: 'NUMBER' }),
];

function place(format: GuardedText['format']): Omit<GuardedText, 'text'> {
  return { kind: 'message', role: 'assistant', format, stages: ['OUTPUT'], isEditable: true };
}

function callMasks(): Masks {
  const masks = new Masks(['⟨EMAIL_3⟩']);
  masks.choosePlaceholder('EMAIL', 'ann@x.test');
  masks.choosePlaceholder('NAME', 'A "quoted" \\ name');
  return masks;
}

function openWindow(format: GuardedText['format'], planned: readonly PlannedRule[], masks = callMasks()) {
  const growing = new GrowingRules(planned, context);
  const window = new TextWindow(place(format), { rules: growing, masks, ownMasks: masks.besides([]) });
  return {
    growing,
    window,
    async put(text: string, when: ReleaseWhen = 'MORE'): Promise<string> {
      window.add(text);
      return (await window.release(when)).map((piece) => piece.text).join('');
    },
  };
}

async function guardWhole(text: string, format: GuardedText['format'], planned: readonly PlannedRule[]) {
  const masks = callMasks();
  const own = masks.besides([]);
  const options = { direction: 'OUTPUT', context, masks: own } as const;
  const outcome = await runGuardrails(buildPlan(...planned), [{ ...place(format), text }], options);
  return masks.restore(outcome.edits.get(0) ?? text, format);
}

/** Pieces of texts with everything that a window distinguishes. */
const pieces = fc.constantFrom(
  ...['ann@x.test', 'bob.b@y.test', '12345', '12', ' ', '. ', 'word ', '⟨EMAIL_1⟩', '⟨NAME_1⟩', '⟨EMAIL_3⟩'],
  ...['⟨email\\_1⟩', '⟨ NAME_1 ⟩', '<EMAIL_1>', '\\<EMAIL\\_1\\>', '&lt;NAME_1&gt;', '<', '&l', '<em>'],
  ...['⟨EMAIL', '⟨', '⟩', '\n', '"', '\\', '😀', 'שלום ', 'مرحبا ', 'x'.repeat(300), '⟨', '_1⟩', '{}'],
);
const texts = fc.array(pieces, { maxLength: 30 }).map((each) => each.join(''));
const cuts = fc.array(fc.nat(40), { maxLength: 200 });

function cutText(text: string, lengths: readonly number[]): readonly string[] {
  const cut: string[] = [];
  let at = 0;
  for (const length of lengths) {
    if (at >= text.length) break;
    cut.push(text.slice(at, at + length));
    at += length;
  }
  return [...cut, text.slice(at)];
}

describe('a window', () => {
  it.each([
    ['masks alone', []],
    ['rules', rules],
  ])(
    'lets out what the whole text comes to, wherever it is cut, and holds 200 characters (%s)',
    async (_, planned) => {
      await fc.assert(
        fc.asyncProperty(texts, cuts, async (text, lengths) => {
          const { put, window } = openWindow('TEXT', planned);
          let out = '';
          for (const piece of cutText(text, lengths)) {
            out += await put(piece);
            expect(window.held).toBeLessThanOrEqual(heldCharsMax);
          }
          out += await put('', 'END');
          expect(window.held).toBe(0);
          expect(out).toBe(await guardWhole(text, 'TEXT', planned));
        }),
      );
    },
  );

  it('does so within JSON, which stays JSON, also where the model escapes what need not be', async () => {
    const escapes = fc.constantFrom((text: string) => text, escapeAll);
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { maxLength: 3 }), escapes, cuts, async (values, written, lengths) => {
        const json = JSON.stringify(values);
        const { put } = openWindow('JSON', rules);
        let out = '';
        for (const piece of cutText(written(json), lengths)) out += await put(piece);
        out += await put('', 'END');
        expect(JSON.parse(out)).toEqual(JSON.parse(await guardWhole(json, 'JSON', rules)));
      }),
    );
  });

  it('numbers of JSON become strings', async () => {
    const { put } = openWindow('JSON', rules);
    expect((await put('{"card":1234')) + (await put('5678,"b":12')) + (await put('}', 'END'))).toBe(
      '{"card":"[NUMBER]","b":12}',
    );
  });

  it('releases after a while what a rule holds, with what that finds in it, but not the beginning of a placeholder', async () => {
    const { put } = openWindow('TEXT', rules);
    expect(await put('To ann@y.test')).toBe('To ');
    expect(await put('', 'IDLE')).toBe('⟨EMAIL_2⟩');
    expect(await put(' and ⟨EMAI')).toBe(' and ');
    expect(await put('', 'IDLE')).toBe('');
    expect(await put('L_1⟩')).toBe('ann@x.test');
    expect(await put(' ⟨EMAI')).toBe(' ');
    expect(await put('', 'END')).toBe('⟨EMAI');
  });

  it('acts on the rest of what began before a pause', async () => {
    const { put } = openWindow('TEXT', rules);
    expect((await put('call 123')) + (await put('', 'IDLE'))).toBe('call 123');
    expect((await put('45')) + (await put(' now', 'END'))).toBe('[NUMBER] now');
  });

  it('releases a placeholder as a whole where a rule holds no more than a part of it', async () => {
    const rule = growingRule(/zzz/, 'REDACT');
    const holding = { ...rule, prepared: { ...rule.prepared, holdFrom: () => 0 } };
    for (let behind = heldCharsMax - 10; behind <= heldCharsMax; behind++) {
      const { put } = openWindow('TEXT', [holding]);
      const rest = 'x'.repeat(behind);
      expect((await put(`⟨EMAIL_1⟩${rest}`)) + (await put('', 'END'))).toBe(`ann@x.test${rest}`);
    }
  });

  it('replaces what is longer than it can hold, from its beginning to its end', async () => {
    const long = growingRule(/\d{4,}/, 'REDACT', { kind: 'NUMBER' });
    const { put } = openWindow('TEXT', [long]);
    let out = '';
    for (let part = 0; part < 50; part++) out += await put('1234567890');
    out += await put('.', 'END');
    expect(out.replaceAll('[NUMBER]', '')).toBe('.');
  });

  it('refuses what a rule blocks, cannot look at, or cannot edit, and states it once', async () => {
    const failing = growingRule(/x/, 'MASK', {});
    const broken: PlannedRule = {
      ...failing,
      prepared: {
        check: () => {
          throw new Error('secret detail');
        },
        holdFrom: (text) => text.length,
      },
    };
    const blind: PlannedRule = {
      ...broken,
      prepared: {
        check: () => ({ fired: false }),
        holdFrom: () => {
          throw new Error('secret detail');
        },
      },
    };
    const over = growingRule(/b","c/, 'REDACT');
    const cases: readonly (readonly [PlannedRule, string, GuardedText['format'], ReleaseWhen?])[] = [
      [growingRule(/bad/, 'BLOCK'), 'so bad ', 'TEXT'],
      [broken, 'text ', 'TEXT'],
      [blind, 'text ', 'TEXT', 'MORE'],
      [over, '["ab","cd"]', 'JSON'],
    ];
    for (const [rule, text, format, when = 'END'] of cases) {
      const { put, growing } = openWindow(format, [rule]);
      await expect(put(text, when)).rejects.toMatchObject({ code: 'GUARDRAIL_BLOCKED' });
      expect(growing.verdicts).toMatchObject([{ fired: true, rule: rule.rule }]);
      expect(JSON.stringify(growing.verdicts)).not.toContain('secret detail');
    }
  });

  it('states one verdict for each rule, with the places in the whole text', async () => {
    const { put, growing } = openWindow('TEXT', rules);
    const text = `${'word '.repeat(300)}ann@y.test and bob@y.test, ${'word '.repeat(300)}ann@y.test.`;
    for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) await put(piece);
    await put('', 'END');
    expect(growing.verdicts.map(({ fired, findings }) => [fired, findings.length])).toEqual([
      [true, 3],
      [false, 0],
    ]);
    const places = growing.verdicts[0]?.findings.map(({ start, end }) => text.slice(start, end));
    expect(places).toEqual(['ann@y.test', 'bob@y.test', 'ann@y.test']);
  });

  it('replaces all that a rule finds, and states the first hundred places', async () => {
    const { put, growing } = openWindow('TEXT', rules);
    const numbers = Array.from({ length: 60 }, (_, at) => `${1_000 + at}. `).join('');
    const out = (await put(numbers)) + (await put(numbers)) + (await put('', 'END'));
    expect(out).toBe('[NUMBER]. '.repeat(120));
    const { findings } = growing.verdicts.find(({ fired }) => fired) ?? { findings: [] };
    expect(findings.map(({ start }) => start)).toEqual(Array.from({ length: 100 }, (_, at) => 6 * at));
  });
});

function escapeAll(json: string): string {
  return json.replace(/\\.|[^"\\[\],]/g, (written) =>
    written.startsWith('\\') ? written : `\\u${written.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
