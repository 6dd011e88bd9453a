import { describe, expect, it } from 'vitest';
import { GrowingRules } from '#guardrails/pipeline/growing-rules.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import { planPolicies } from '#guardrails/pipeline/policy.ts';
import { runGuardrails } from '#guardrails/pipeline/run.ts';
import { TextWindow } from '#guardrails/pipeline/window.ts';
import { guardedText } from '#test/support/guardrail-rules.ts';
import { fc } from '#test/support/properties.ts';
import type { RuleContext } from '../guardrail.ts';

const context: RuleContext = {
  tenantId: 't',
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};
const place = guardedText('', { role: 'assistant', stages: ['OUTPUT'] });

function plan(rule: string, options: unknown) {
  const stated = {
    rule,
    stages: ['OUTPUT'],
    action: 'REDACT',
    options,
    sample: 1,
    note: null,
    reroute: null,
    unlessConsent: null,
  } as const;
  return planPolicies([{ id: 'p', version: 1, mode: 'ENFORCE', rules: [stated] }], {});
}

/** Rules that look at texts that grow, with what their texts are made of. */
const cases: readonly (readonly [rule: string, options: object, pieces: readonly string[]])[] = [
  [
    'words',
    { words: ['Project Falcon', 'naïve', '机密'] },
    ['Project ', 'Falcon', ' na', 'ïve', '机', '密', 's', ' ', '. '],
  ],
  ['profanity', {}, ['son of ', 'a b1tch', 'shit', ' ', '@', 'e', '. ', 'fuck']],
  ['pattern', { patterns: [{ pattern: '\\bEMP-\\d{2,4}\\b' }] }, ['EMP', '-', '12', '345', ' ', 'x', '. ']],
  [
    'links',
    { hosts: ['ok.test'] },
    [
      '[a b](https://evil.test/x)',
      '![i](',
      'https://ok.test/',
      ') ',
      'text ',
      '<a href="//evil.test">',
      '<b> ',
      '[',
      ' www.evil.test ',
    ],
  ],
  [
    'markup',
    { inCode: true },
    ['<b>', '</b>', '<script src="x">', 'a < b ', '<!-- c -->', ' text ', '\n', '"'],
  ],
  [
    'prompt_leak',
    { canaries: ['zebra-canary'], wordsMin: 0 },
    ['zebra-', 'canary', 'zebra', ' ', 'word ', '. '],
  ],
];

describe('a rule that looks at texts that grow', () => {
  it.each(cases)(
    '%s lets out what the whole text comes to, wherever it is cut',
    async (name, options, pieces) => {
      const planned = plan(name, options);
      const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 15 }).map((parts) => parts.join(''));
      await fc.assert(
        fc.asyncProperty(
          texts,
          fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 60 }),
          async (text, lengths) => {
            const masks = new Masks([]);
            const guards = {
              rules: new GrowingRules(planned.rules, context),
              masks,
              ownMasks: masks.besides([]),
            };
            const window = new TextWindow(place, guards);
            let out = '';
            let at = 0;
            for (const length of [...lengths, text.length]) {
              window.add(text.slice(at, at + length));
              at += length;
              out += (await window.release(at >= text.length ? 'END' : 'MORE'))
                .map((piece) => piece.text)
                .join('');
              if (at >= text.length) break;
            }
            const whole = await runGuardrails(planned, [{ ...place, text }], {
              direction: 'OUTPUT',
              context,
              masks,
            });
            expect(out).toBe(whole.edits.get(0) ?? text);
          },
        ),
        { numRuns: 200 },
      );
    },
  );
});
