import { describe, expect, it } from 'vitest';
import { writeReasoningDetails } from '../chat/reasoning-details.ts';
import { writeReasoningTexts } from './reasoning-texts.ts';

const summary = (...texts: readonly string[]) => texts.map((text) => ({ type: 'summary_text', text }));

describe('the text of a block of reasoning', () => {
  it('is in the parts that it came in', () => {
    expect(writeReasoningTexts('abcde', { summary: [1, 2], content: [2], status: 'incomplete' })).toEqual({
      ...{ summary: summary('a', 'bc'), content: [{ type: 'reasoning_text', text: 'de' }] },
      status: 'incomplete',
    });
  });

  it.each([
    {},
    { summary: [1, 2] },
    { summary: [9] },
    { summary: ['5'] },
    { summary: 5 },
    { content: [-5, 10, 1] },
  ])('is one part of the summary where its lengths are not those: %j', (details) => {
    expect(writeReasoningTexts('abcde', details)).toEqual({ summary: summary('abcde') });
  });

  it('has no lengths in chat completions', () => {
    const block = {
      text: 'abc',
      signature: 'rs_1',
      redacted: 'sealed',
      toolCallId: null,
      provider: 'OPENAI',
    } as const;
    const details = { responses: { summary: [1, 2] } };
    expect(writeReasoningDetails([{ ...block, details }])).toEqual(writeReasoningDetails([block]));
  });
});
