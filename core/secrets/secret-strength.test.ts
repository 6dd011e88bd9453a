import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findKeyWeakness, findSecretWeakness } from './secret-strength.ts';

describe('findSecretWeakness', () => {
  it.each([
    'hd_changemechangemechangemechangemechangeme',
    'hd_change-me-change-me-change-me-change-me-1',
    'hd_CHANGE_ME_00000000000000000000000000000000000',
    'hd_your-secret-here-your-secret-here-your-secret-here',
    'secret-secret-secret-secret-secret-secret',
    'PASSWORD123password123password123',
    'replace_this_default_secret_replace_this',
  ])('knows placeholders: %s', (text) => {
    expect(findSecretWeakness(text, 'hd_')).toBe('KNOWN');
  });

  it.each([
    `hd_${'a'.repeat(40)}`,
    `hd_test_${'x'.repeat(40)}`,
    `hd_${'ab'.repeat(20)}`,
    `hd_${'0123456789'.repeat(4)}`,
    'hd_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
    `hd_${'kR8vq2ZtWm'.repeat(4)}`,
    `hd_${'kR8vq2ZtWmLpXs1'.repeat(3)}`.slice(0, 43),
    's'.repeat(32),
    '9876543210'.repeat(4),
  ])('finds too few choices: %s', (text) => {
    expect(findSecretWeakness(text, 'hd_')).toBe('WEAK');
  });

  it('takes what is drawn at random, in every form', () => {
    for (let n = 0; n < 500; n++) {
      for (const text of [
        `hd_test_${randomBytes(24).toString('hex')}`,
        randomBytes(16).toString('hex'),
        randomBytes(32).toString('base64'),
        `hd_${randomBytes(30).toString('base64url')}`,
        randomUUID(),
      ])
        expect(findSecretWeakness(text, 'hd_'), text).toBeNull();
    }
  });

  it('takes words that are no placeholders', () => {
    expect(findSecretWeakness('orbit-velvet-harpoon-quartz-mangle-dune', 'hd_')).toBeNull();
    expect(findSecretWeakness('my-secret-7f9c2ba4e88f827d616045507605853e')).toBeNull();
  });
});

describe('findKeyWeakness', () => {
  it.each([
    ['WEAK', Buffer.alloc(32)],
    ['WEAK', Buffer.alloc(32, 0xab)],
    ['WEAK', Buffer.from('0123456789abcdef'.repeat(4), 'hex')],
    ['WEAK', Buffer.from(Array.from({ length: 32 }, (_, at) => at))],
    ['KNOWN', Buffer.from('changeme'.repeat(4))],
    ['KNOWN', Buffer.from('secretsecretsecretsecretsecret12')],
  ])('finds %s', (weakness, key) => {
    expect(findKeyWeakness(key)).toBe(weakness);
  });

  it('takes keys that are drawn at random', () => {
    for (let n = 0; n < 500; n++) expect(findKeyWeakness(randomBytes(32))).toBeNull();
  });
});
