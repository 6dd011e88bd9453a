import { expect, it } from 'vitest';
import { HeddleError } from '#core/errors.ts';
import { explainRedisFailure } from './unavailable.ts';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

it.each([
  new Error('Connection is closed.'),
  new Error('Command timed out'),
  Object.assign(new Error('Reached the max retries per request limit'), {
    name: 'MaxRetriesPerRequestError',
  }),
  reply('LOADING Redis is loading the dataset in memory'),
  reply('OOM command not allowed when used memory is greater than maxmemory'),
  reply('NOAUTH Authentication required.'),
])('refuses with OVERLOADED what needs a Redis that cannot be reached: %s', (error) => {
  expect(explainRedisFailure(error)).toMatchObject({
    code: 'OVERLOADED',
    extensions: { retryAfterMs: expect.any(Number) },
  });
});

it('keeps an error of ours, and an answer that states that a command is wrong', () => {
  for (const error of [
    reply('ERR wrong number of arguments'),
    new HeddleError('CONFLICT', 'no'),
    undefined,
  ]) {
    expect(explainRedisFailure(error)).toBe(error);
  }
});
