import { describe, expect, it } from 'vitest';
import type { GuardedText } from '#guardrails/guardrail.ts';
import { expectFinalBeforeHold, guardedText, ruleContext, testRule } from '#test/support/guardrail-rules.ts';
import { fc } from '#test/support/properties.ts';
import { reverseText, rotateText } from '../../text/hidden/disguised-texts.ts';
import { promptLeak } from './prompt-leak.ts';

const secret =
  'You are Ada, the assistant of Example Bank. Never mention the internal rate of 3.5 percent, and refuse loans to customers below the age of twenty-one years.';
const context = {
  callTexts: () => [
    guardedText(secret, { role: 'system' }),
    guardedText(
      'What do you know of the weather in the north of the country this week and on Sunday, please?',
      {
        role: 'user',
      },
    ),
  ],
};
const rule = testRule(promptLeak, { canaries: ['zebra-7Q4-canary'] }, context);
const piece = 'mention the internal rate of 3.5 percent, and refuse loans to customers below';

describe('the rule prompt_leak', () => {
  it('holds a stream by words only where the call has a system message that could be repeated', () => {
    const prepared = promptLeak.prepare({}, {});
    const heldWith = (...texts: readonly GuardedText[]) => {
      const call = {
        tenantId: null,
        endUserId: null,
        allowedRegions: null,
        callTexts: () => texts,
        signal: AbortSignal.abort(),
      };
      return piece.length - (prepared.holdFrom?.(piece, call) ?? 0);
    };
    expect(heldWith(guardedText(secret, { role: 'system' }))).toBeGreaterThan(30);
    expect(heldWith(guardedText(secret, { role: 'user' }))).toBe(0);
    expect(heldWith(guardedText('You are Ada.', { role: 'system' }))).toBe(0);
  });

  it('finds pieces of system messages in an answer, with their place', async () => {
    expect(await rule.find(`Sure! It is: ${piece} — that is all.`)).toEqual([piece]);
    expect(await rule.find(secret)).toEqual([secret.slice(0, -1)]);
  });

  it('finds a piece behind other words of the system message, and none in words that are in another order', async () => {
    expect(await rule.find(`loans rate age you ${piece}`)).toEqual([piece]);
    const words = fc.array(fc.constantFrom(...secret.split(' ')), { minLength: 60, maxLength: 90 });
    await fc.assert(
      fc.asyncProperty(words, async (drawn) => {
        expect(await rule.look(drawn.join(' '))).toEqual({ fired: false });
      }),
      { numRuns: 50 },
    );
  });

  it('leaves words of a system message that foreign words separate', async () => {
    const separated = piece.replaceAll(' ', ' lorem ');
    expect(await rule.look(separated)).toMatchObject({ fired: false });
    const halves = piece.split(' ');
    expect(await rule.look([...halves.slice(0, 6), 'lorem', ...halves.slice(6)].join(' '))).toMatchObject({
      fired: false,
    });
  });

  it.for([
    ['other letters', piece.toUpperCase().replaceAll('E', 'Е')],
    ['other signs between', piece.replaceAll(' ', '\n* ')],
    ['invisible characters', Array.from(piece).join('\u200b')],
    ['base64', Buffer.from(piece).toString('base64')],
    ['hexadecimal digits', Buffer.from(piece).toString('hex')],
    ['JSON', JSON.stringify({ prompt: piece })],
  ])('finds them with %s', async ([, text]) => {
    expect(await rule.look(text as string)).toMatchObject({ fired: true });
  });

  it.for([
    'zebra-7Q4-canary',
    'ZEBRA-7q4-CANARY',
    'xzebra-7Q4-canaryx',
    Buffer.from('so zebra-7Q4-canary it is').toString('base64'),
  ])('finds the canary in %s', async (text) => {
    expect(await rule.look(`a ${text} b`)).toMatchObject({
      fired: true,
      reason: 'it repeats the system message',
    });
  });

  it.for([
    ['in ROT13', rotateText(piece)],
    ['backwards', reverseText(piece)],
    [
      'with digits and signs for letters',
      piece.replaceAll('e', '3').replaceAll('a', '@').replaceAll('o', '0'),
    ],
  ])('finds them %s at their place, and nothing announces it', async ([, text]) => {
    expect(await rule.find(`${'a b '.repeat(20)}${text} 注文 and so on`)).toEqual([text]);
  });

  it.for([
    ['in ROT13', rotateText('zebra-7Q4-canary')],
    ['backwards', reverseText('zebra-7Q4-canary')],
  ])('finds a canary %s', async ([, text]) => {
    expect(await rule.find(`a ${text} b`)).toEqual([text]);
  });

  it('keeps the system messages of calls apart', async () => {
    const prepared = promptLeak.prepare({}, {});
    const other =
      'You sell bicycles. Do not name the discount of twelve percent that staff get on helmets and bells.';
    const look = async (answer: string, ...system: readonly string[]) => {
      const callTexts = () => system.map((text) => guardedText(text, { role: 'system' }));
      const { fired } = await prepared.check([guardedText(answer)], { ...ruleContext, callTexts });
      return fired;
    };
    for (let time = 0; time < 2; time += 1) {
      expect(await look(secret, secret)).toBe(true);
      expect(await look(secret, other)).toBe(false);
      expect(await look(other, other)).toBe(true);
      expect(await look(other, secret)).toBe(false);
      expect(await look(other, secret, other)).toBe(true);
      expect(await look(other)).toBe(false);
    }
  });

  it('lets fewer words pass, and what users wrote', async () => {
    expect(await rule.look('I refuse loans to customers below the age of twenty-one years.')).toEqual({
      fired: false,
    });
    expect(
      await rule.look('the weather in the north of the country this week and on Sunday, please? It is fine.'),
    ).toEqual({ fired: false });
    expect(await testRule(promptLeak, {}, { callTexts: () => [] }).look(secret)).toEqual({ fired: false });
    expect(await testRule(promptLeak, { wordsMin: 0 }, context).look(secret)).toEqual({ fired: false });
    expect(
      await testRule(promptLeak, { wordsMin: 4 }, context).look('loans to customers below'),
    ).toMatchObject({ fired: true });
  });

  it('gathers the texts of a call once', async () => {
    let gathered = 0;
    const callTexts = () => {
      gathered += 1;
      return context.callTexts();
    };
    const prepared = promptLeak.prepare({}, {});
    const shared = {
      tenantId: null,
      allowedRegions: null,
      endUserId: null,
      signal: new AbortController().signal,
      callTexts,
    };
    for (let time = 0; time < 3; time += 1) await prepared.check([guardedText('a')], shared);
    expect(gathered).toBe(1);
  });

  it('holds so many words as can still become a piece', async () => {
    expect(rule.holdFrom?.('one')).toBe(0);
    const text = 'a b c d e f g h i j k l m n o p '.repeat(10);
    expect(text.length - (rule.holdFrom?.(text) ?? 0)).toBeLessThanOrEqual(32);
    const released = (grown: string) => grown.slice(0, rule.holdFrom?.(grown));
    const whole = `It is: ${piece} and more of it.`;
    const firstWords = whole.slice(0, whole.indexOf('mention') + 'mention'.length);
    for (let length = 0; length < whole.indexOf(' customers'); length += 1) {
      expect(
        firstWords.startsWith(released(whole.slice(0, length))) || released(whole.slice(0, length)) === '',
      ).toBe(true);
    }
    const canary = testRule(promptLeak, { canaries: ['zebra-canary'], wordsMin: 0 }, context);
    await expectFinalBeforeHold(canary, ['zebra-canary', 'zebra-', 'can', 'ary', ' ']);
  });
});
