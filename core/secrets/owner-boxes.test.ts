import { expect, it } from 'vitest';
import { createOverloadedError, HeddleError } from '../errors.ts';
import { openSealed } from './owner-boxes.ts';
import { createSecretBox } from './secret-box.ts';

const box = createSecretBox(new Uint8Array(32));
const failing = (error: Error) => ({
  open: async (): Promise<string> => {
    throw error;
  },
});

it('a sealed text is opened, or undefined where no key opens it any more', async () => {
  const sealed = box.seal('text', ['place']);
  expect(await openSealed(box, sealed, ['place'])).toBe('text');
  for (const other of ['', 'text', 'v1.AAAA', `${sealed}A`, sealed.slice(0, 30)]) {
    expect(await openSealed(box, other, ['place'])).toBeUndefined();
  }
  expect(await openSealed(box, sealed, ['elsewhere'])).toBeUndefined();
  expect(await openSealed(failing(new HeddleError('CONFLICT', 'Destroyed.')), sealed, [])).toBeUndefined();
});

it.each([createOverloadedError('The root key is away.'), new Error('connection lost')])(
  'a sealed text does not count as lost where its key cannot be had now: %s',
  async (error) => {
    await expect(openSealed(failing(error), 'v3.x', [])).rejects.toBe(error);
  },
);
