import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeyPepper, noPepper } from './key-pepper.ts';

const digest = createHash('sha256').update('hd_text').digest('hex');
const first = new Uint8Array(32).fill(1);
const second = new Uint8Array(32).fill(2);

describe('createKeyPepper', () => {
  it('hashes the same text the same way with one key, and differently with another', () => {
    expect(createKeyPepper(first).hash(digest)).toBe(createKeyPepper(first).hash(digest));
    expect(createKeyPepper(first).hash(digest)).toMatch(/^v2\.[0-9a-f]{8}\.[0-9a-f]{64}$/);
    const hashes = [first, second].map((key) => createKeyPepper(key).hash(digest).split('.')[2]);
    expect(new Set([...hashes, digest]).size).toBe(3);
  });

  it('finds what previous keys and older versions have stored, and knows what it cannot compare', () => {
    const former = createKeyPepper(first).hash(digest);
    const present = createKeyPepper(second, [first]);
    expect(present.forms(digest)).toEqual([present.hash(digest), former, digest]);
    const table = [former, present.hash(digest), digest, 'v2.00000000.x'].map((stored) => [
      present.isReadable(stored),
      present.isCurrent(stored),
      createKeyPepper(second).isReadable(stored),
      noPepper.isReadable(stored),
    ]);
    expect(table).toEqual([
      [true, false, false, false],
      [true, true, true, false],
      [true, true, true, true],
      [false, false, false, false],
    ]);
  });
});
