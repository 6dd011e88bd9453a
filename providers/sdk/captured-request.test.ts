import { createAnthropic } from '@ai-sdk/anthropic';
import { describe, expect, it } from 'vitest';
import { ask } from '../testing/calls.ts';
import { blankAnswers } from '../testing/oracle/blank-answers.ts';
import { toCallOptions } from '../translate/call-options.ts';
import { captureFetch, captureRequest } from './captured-request.ts';

const { languageModel } = createAnthropic({ apiKey: 'k', fetch: captureFetch });
const tools = [{ name: 'locate', parameters: { type: 'object' } }];

describe('captured requests', () => {
  it('are distinguished when many are built at once', async () => {
    const asked = Array.from({ length: 40 }, (_, at) => `question ${at}`);
    const requests = await Promise.all(
      asked.map((text, at) =>
        captureRequest(
          languageModel('claude-opus-4-1'),
          toCallOptions(ask('m', text)),
          at % 2 === 0,
          blankAnswers.messages,
        ),
      ),
    );
    const sent = requests.map(({ init }) => JSON.parse(String(init.body)));
    expect(sent.map(({ messages }) => messages[0].content[0].text)).toEqual(asked);
    expect(sent.map(({ stream }) => stream === true)).toEqual(asked.map((_, at) => at % 2 === 0));
  });

  it.each([true, false])(
    'are refused when the SDK leaves out what changes their meaning (streaming: %s)',
    async (streaming) => {
      const options = toCallOptions(ask('m', 'x', { tools, toolChoice: 'required' }));
      options.providerOptions = { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } };
      const model = languageModel('claude-sonnet-4-5');
      await expect(captureRequest(model, options, streaming, blankAnswers.messages)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('toolChoice'),
      });
    },
  );

  it('are built by captureRequest alone: the fetch itself sends nothing', async () => {
    await expect(captureFetch('https://example.com')).rejects.toThrow('captured');
  });
});
