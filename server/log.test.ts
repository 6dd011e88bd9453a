import { expect, it } from 'vitest';
import { ProviderFailure } from '#providers/provider.ts';
import { createLog, loggedError } from './log.ts';

it('logs of an error what it states and why, and nothing that a library hung on it', () => {
  const cause = Object.assign(new Error('WRONGPASS'), {
    command: { name: 'auth', args: ['hunter2'] },
    code: 'E1',
  });
  const error = Object.assign(new TypeError('outer', { cause }), {
    requestBodyValues: 'hunter2',
    responseHeaders: { authorization: 'hunter2' },
  });
  const logged = loggedError(error);
  expect(logged).toMatchObject({
    type: 'TypeError',
    message: 'outer',
    stack: expect.stringContaining('log.test.ts'),
    cause: { type: 'Error', message: 'WRONGPASS', code: 'E1' },
  });
  expect(JSON.stringify(logged)).not.toContain('hunter2');
});

it('ends in a circle of causes', () => {
  const error = new Error('round');
  error.cause = error;
  expect(JSON.stringify(loggedError(error)).length).toBeLessThan(100_000);
});

it('takes what is no error', () => {
  expect(loggedError('text')).toEqual({ type: 'string', message: 'text' });
});

it.each([
  ['E11000 duplicate key: { name: "Ann\'s \\"plan\\"" }', 'E11000 duplicate key: { name: "…" }'],
  [
    `Unexpected token 'h', "hunter2 is"... is not valid JSON`,
    `Unexpected token '…', "…"... is not valid JSON`,
  ],
  ['Cast to string failed for value `hunter2`', 'Cast to string failed for value `…`'],
  ['an "open quote of hunter2', 'an "…"'],
  ["The provider's answer can't be read", "The provider's answer can't be read"],
])('leaves out what an error quotes, in its message and its stack: %s', (message, kept) => {
  const error = new Error(message, { cause: new Error(message) });
  expect(loggedError(error)).toMatchObject({ message: kept, cause: { message: kept } });
  expect(JSON.stringify(loggedError(error))).not.toMatch(/hunter2|Ann/);
});

it('states of the failure of a provider what it is, and none of its words nor of its causes', () => {
  const cause = Object.assign(new Error('hunter2 was sent'), { code: 'hunter2' });
  const failure = new ProviderFailure('PROVIDER_ERROR', 'hunter2 is refused', {
    ...{ retryable: false, status: 400, evidence: 'hunter2', cause },
  });
  const logged = loggedError(new Error('outer', { cause: failure }));
  expect(logged).toMatchObject({ cause: { type: 'ProviderFailure', code: 'PROVIDER_ERROR', status: 400 } });
  expect(JSON.stringify(logged)).not.toContain('hunter2');
});

it('takes no line of a message for a place', () => {
  const { stack } = loggedError(new Error('over\n    at hunter2\nlines')) as { readonly stack: string };
  expect(stack).toMatch(/^at .*log\.test\.ts/);
  expect(stack).not.toContain('hunter2');
});

it('keeps of a stack the places alone', () => {
  const { stack } = loggedError(new Error('hunter2\nover\nlines')) as { readonly stack: string };
  expect(stack).toMatch(/^at .*log\.test\.ts/);
  expect(stack).not.toContain('hunter2');
});

it('writes one line whatever a text holds, with nothing that a terminal obeys, and the text as it was', () => {
  const texts = [
    'a\nb',
    'a\r\nb',
    '\u001b[31mred',
    '\u009b31mred',
    'a\u2028b\u2029c',
    'a\u0085b',
    'a\u202eb',
    '\u007f',
  ];
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  for (const text of texts) {
    log
      .child({ part: text })
      .warn({ reason: text, list: [text], about: { text }, err: new Error(text) }, text);
  }
  expect(lines).toHaveLength(texts.length);
  for (const [at, line] of lines.entries()) {
    expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u);
    const text = texts[at];
    expect(JSON.parse(line)).toMatchObject({
      ...{ part: text, reason: text, list: [text], about: { text }, msg: text, err: { message: text } },
    });
  }
});
