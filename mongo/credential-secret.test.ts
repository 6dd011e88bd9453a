import { describe, expect, it } from 'vitest';
import { createSecretBox } from '#core/secrets/secret-box.ts';
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
});
