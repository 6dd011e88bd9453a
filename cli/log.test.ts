import { expect, it } from 'vitest';
import { loggedError } from './log.ts';

it('logs of an error what it says and why, and nothing that a library hung on it', () => {
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
