import { describe, expect, it } from 'vitest';
import { makeProvider } from '../registry/registry.ts';
import { inPath } from './path-segments.ts';

describe('a model name in the path of a URL', () => {
  it.each([
    ['gemini-2.5-flash', 'gemini-2.5-flash'],
    ['tuned/my-model', 'tuned/my-model'],
    ['claude-opus@20240620', 'claude-opus@20240620'],
    ['m?x=1', 'm%3Fx=1'],
    ['m#f', 'm%23f'],
    ['..\\..\\admin', '..%5C..%5Cadmin'],
    ['%2e%2e/admin', '%252e%252e/admin'],
    ['a b', 'a%20b'],
    ['ö', '%C3%B6'],
  ])('is encoded by segments: %s', (name, path) => {
    expect(inPath(name)).toBe(path);
    expect(new URL(`https://host/base/${inPath(name)}:call`).pathname).toBe(`/base/${path}:call`);
  });

  it.each(['../../admin', '.', 'a/../b', 'a//b', '/a', 'a/', ''])('is refused: "%s"', (name) => {
    expect(() => inPath(name)).toThrow('no model of such a name');
  });
});

describe('a call of a model whose name tries to leave its path', () => {
  const kinds = [
    ['GOOGLE', 'key'],
    ['VERTEX', 'key'],
    ['BEDROCK', 'bearer-key'],
    ['AZURE_OPENAI', 'key'],
    ['OPENAI_COMPATIBLE', 'key'],
  ] as const;
  const names = ['../../admin', 'm?x=1', 'm#y', '..\\..\\admin', '%2e%2e%2fadmin', '..%2f..%2fadmin'];

  it.each(kinds.flatMap(([kind, secret]) => names.map((name) => [kind, secret, name] as const)))(
    'stays below the base URL: %s %s %s',
    async (kind, secret, model) => {
      const called: string[] = [];
      const provider = await makeProvider({
        kind,
        baseUrl: 'https://host.test/base',
        region: 'eu-west-1',
        secret,
        fetch: async (input) => {
          called.push(String(input));
          throw new Error('It is not sent.');
        },
      });
      const messages = [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }] as const;
      await expect(provider.generate({ model, messages })).rejects.toThrow();
      for (const address of called) {
        const url = new URL(address);
        expect(url.pathname).toMatch(/^\/base\//);
        expect(url.pathname).not.toContain('/admin');
        expect(url.search).not.toContain('x=1');
        expect(url.hash).toBe('');
      }
    },
  );
});
