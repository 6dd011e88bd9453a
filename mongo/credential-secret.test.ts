import { describe, expect, it } from 'vitest';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { CannotOpen, createSecretBox } from '#core/secrets/secret-box.ts';
import { openCredential, sealCredential } from './credential-secret.ts';

const box = createSecretBox(new Uint8Array(32));
const here = 'https://here';

/** A secret that was entered for the destination. */
function enter(destination: string | null, id = 'a', providerId = 'p') {
  return {
    id,
    providerId,
    destination,
    sealed: sealCredential(box, 'secret', { id, providerId, destination }),
  };
}

describe('the secret of a credential', () => {
  it('is opened for the destination that it was entered for, and by older versions for any', () => {
    expect(openCredential(box, enter(here), here)).toEqual({ state: 'READY', secret: 'secret' });
    expect(openCredential(box, enter(null), here)).toEqual({ state: 'READY', secret: 'secret' });
  });

  it.each(['https://elsewhere', 'https://here/', 'https://here.example.com', ''])(
    'stays closed for another destination: %s',
    (destination) => {
      expect(openCredential(box, enter(here), destination)).toMatchObject({ state: 'ORIGIN_CHANGED' });
    },
  );

  it.each([
    ['destination', { destination: 'https://elsewhere' }, 'https://elsewhere'],
    ['missing destination', { destination: null }, here],
    ['id', { id: 'b' }, here],
    ['provider', { providerId: 'q' }, here],
  ])('stays closed under another %s than it was sealed with', (_what, changed, destination) => {
    const opened = openCredential(box, { ...enter(here), ...changed }, destination);
    expect(opened).toMatchObject({ state: 'UNREADABLE' });
    expect(JSON.stringify(opened)).not.toContain('secret"');
  });

  it('is unreadable where the key of its owner is gone or damaged, and not where that cannot be known now', async () => {
    const failing = (error: Error) => ({
      open: async () => {
        throw error;
      },
    });
    for (const gone of [
      new HeddleError('CONFLICT', 'It was destroyed.'),
      new CannotOpen('It was altered.'),
    ]) {
      expect(await openCredential(failing(gone), enter(here), here)).toMatchObject({ state: 'UNREADABLE' });
    }
    for (const unknown of [createOverloadedError('Away.'), new Error('connection lost')]) {
      await expect(openCredential(failing(unknown), enter(here), here)).rejects.toBe(unknown);
    }
    for (const sealed of ['', 'v1.AAAA', 'v2.x', `v3.${'0'.repeat(16)}.AAAA`, 'plain']) {
      expect(openCredential(box, { ...enter(here), sealed }, here)).toMatchObject({ state: 'UNREADABLE' });
    }
  });
});
