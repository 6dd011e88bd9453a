import { expect, it } from 'vitest';
import { makeProvider } from '../../registry/registry.ts';
import { ask } from '../../testing/calls.ts';
import { cut, replay } from '../../testing/replay.ts';

it.each([['Hi'], [[{ type: 'text', text: 'Hi' }]]])(
  'a whole answer of Cohere whose content is %j is read',
  async (content) => {
    const body = JSON.stringify({ message: { role: 'assistant', content }, finish_reason: 'COMPLETE' });
    const provider = await makeProvider({
      kind: 'COHERE',
      baseUrl: 'http://upstream.test',
      region: null,
      secret: 'k',
      fetch: replay(() => cut(body, [])),
    });
    expect(await provider.generate(ask('command-a-03-2025', 'q'))).toMatchObject({ text: 'Hi' });
  },
);
