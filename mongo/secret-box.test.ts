import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecretBox } from './secret-box.ts';

describe('secret box', () => {
  const key = randomBytes(32);

  it('opens what it sealed, also when empty or beyond ASCII', () => {
    const box = createSecretBox(key);
    for (const text of ['sk-secret', '', 'ключ 🔑', 'x'.repeat(10_000)]) {
      expect(box.open(box.seal(text))).toBe(text);
    }
  });

  it('never seals alike twice and shows nothing of the text', () => {
    const box = createSecretBox(key);
    expect(box.seal('sk-secret')).not.toBe(box.seal('sk-secret'));
    expect(Buffer.from(box.seal('sk-secret').slice(3), 'base64url').includes('sk-secret')).toBe(false);
  });

  it('refuses a text whose any byte was altered, another key, and what is no sealed text', () => {
    const box = createSecretBox(key);
    const sealed = box.seal('sk-secret');
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const altered = Buffer.from(bytes);
      altered[index] = altered[index]! ^ 1;
      expect(() => box.open(`v1.${altered.toString('base64url')}`)).toThrow('cannot be opened');
    }
    expect(() => createSecretBox(randomBytes(32)).open(sealed)).toThrow('another encryption key');
    expect(() => box.open('sk-secret')).toThrow('not sealed by this program');
    expect(() => box.open('v1.AAAA')).toThrow('cut short');
  });

  it('refuses a key of another length', () => {
    expect(() => createSecretBox(randomBytes(16))).toThrow('32 bytes');
  });
});
