import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecretBox, encryptionKeyId } from './secret-box.ts';

const key = randomBytes(32);
const context = ['provider_credentials', 'c1', 'p1', 'OPENAI https://api.openai.com/v1'];

/** As the versions of Heddle before the second form of sealed texts. */
function sealFirstForm(text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `v1.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
}

describe('secret box', () => {
  it('opens what it sealed, also when empty or beyond ASCII', () => {
    const box = createSecretBox(key);
    for (const text of ['sk-secret', '', 'ключ 🔑', 'x'.repeat(10_000)]) {
      expect(box.open(box.seal(text, context), context)).toBe(text);
    }
  });

  it('never seals alike twice, shows nothing of the text, and names its key', () => {
    const box = createSecretBox(key);
    const sealed = box.seal('sk-secret', context);
    expect(sealed).not.toBe(box.seal('sk-secret', context));
    const [version, keyId, body = ''] = sealed.split('.');
    expect([version, keyId]).toEqual(['v2', encryptionKeyId(key)]);
    expect(Buffer.from(body, 'base64url').includes('sk-secret')).toBe(false);
    expect(encryptionKeyId(key)).toMatch(/^[0-9a-f]{8}$/);
    expect(key.toString('hex')).not.toContain(encryptionKeyId(key));
  });

  it('uses no nonce twice in many texts, of many boxes with one key', () => {
    const nonces = Array.from({ length: 20 }, () => createSecretBox(key)).flatMap((box) =>
      Array.from({ length: 500 }, () => {
        const body = box.seal('', context).split('.')[2] ?? '';
        return Buffer.from(body, 'base64url').subarray(0, 12).toString('hex');
      }),
    );
    expect(new Set(nonces).size).toBe(10_000);
  });

  it('opens a text for the words that it was sealed for alone, however they are divided', () => {
    const box = createSecretBox(key);
    const sealed = box.seal('sk-secret', ['a', 'bc']);
    for (const other of [
      [],
      ['a'],
      ['ab', 'c'],
      ['a', 'bc', ''],
      ['abc'],
      ['a', 'bC'],
      ['bc', 'a'],
      ['a","bc'],
    ]) {
      expect(() => box.open(sealed, other)).toThrow('cannot be opened');
    }
    expect(box.open(sealed, ['a', 'bc'])).toBe('sk-secret');
  });

  it('refuses a text whose any byte was altered, another key, and what is no sealed text', () => {
    const box = createSecretBox(key);
    const sealed = box.seal('sk-secret', context);
    const begin = sealed.slice(0, sealed.lastIndexOf('.') + 1);
    const bytes = Buffer.from(sealed.slice(begin.length), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const altered = Buffer.from(bytes);
      altered[index] = altered[index]! ^ 1;
      expect(() => box.open(begin + altered.toString('base64url'), context)).toThrow('cannot be opened');
    }
    expect(() => createSecretBox(randomBytes(32)).open(sealed, context)).toThrow('another encryption key');
    for (const text of ['sk-secret', '', 'v3.aabbccdd.AAAA', 'v2.AAAA', `${sealed}.x`, 'v1.a.b']) {
      expect(() => box.open(text, context)).toThrow('not sealed by this program');
    }
    expect(() => box.open(`${begin}AAAA`, context)).toThrow('cut short');
  });

  it('opens what previous keys sealed, and seals with the current one alone', () => {
    const former = createSecretBox(key);
    const current = createSecretBox(randomBytes(32), { previous: [randomBytes(32), key] });
    const sealed = former.seal('sk-secret', context);
    expect(current.open(sealed, context)).toBe('sk-secret');
    expect([current.isCurrent(sealed), former.isCurrent(sealed)]).toEqual([false, true]);
    const anew = current.seal('sk-secret', context);
    expect(current.isCurrent(anew)).toBe(true);
    expect(() => former.open(anew, context)).toThrow('another encryption key');
  });

  it('opens what the first form sealed, with the current and with a previous key, and counts it as not current', () => {
    const sealed = sealFirstForm('sk-secret');
    for (const box of [createSecretBox(key), createSecretBox(randomBytes(32), { previous: [key] })]) {
      expect(box.open(sealed, context)).toBe('sk-secret');
      expect(box.isCurrent(sealed)).toBe(false);
    }
    expect(() => createSecretBox(randomBytes(32)).open(sealed, context)).toThrow('another encryption key');
  });

  it('opens for one purpose what was sealed for it alone', () => {
    const [secrets, payloads] = [createSecretBox(key), createSecretBox(key, { purpose: 'payloads' })];
    expect(() => payloads.open(secrets.seal('x', context), context)).toThrow('cannot be opened');
    expect(() => secrets.open(payloads.seal('x', context), context)).toThrow('cannot be opened');
    expect(() => payloads.open(sealFirstForm('x'), context)).toThrow('not sealed by this program');
  });

  it('seals to bytes that open like texts: for their words, with their key, unaltered', () => {
    const former = createSecretBox(key);
    const box = createSecretBox(randomBytes(32), { previous: [key] });
    for (const text of ['sk-secret', '', 'ключ 🔑', 'x'.repeat(10_000)]) {
      expect(box.open(box.sealToBytes(text, context), context)).toBe(text);
    }
    const sealed = box.sealToBytes('sk-secret', context);
    expect(sealed.equals(box.sealToBytes('sk-secret', context))).toBe(false);
    expect(sealed.includes('sk-secret')).toBe(false);
    expect(() => box.open(sealed, ['a'])).toThrow('cannot be opened');
    for (let index = 0; index < sealed.length; index += 1) {
      const altered = Buffer.from(sealed);
      altered[index] = altered[index]! ^ 1;
      expect(() => box.open(altered, context)).toThrow(
        index === 0 ? 'not sealed by this program' : 'cannot be opened',
      );
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => box.open(sealed.subarray(0, length), context)).toThrow(
        /not sealed|cut short|cannot be opened/,
      );
    }
    const before = former.sealToBytes('sk-secret', context);
    expect(box.open(before, context)).toBe('sk-secret');
    expect([box.isCurrent(before), box.isCurrent(sealed)]).toEqual([false, true]);
    expect(() => former.open(sealed, context)).toThrow('another encryption key');
  });

  it('refuses a key of another length', () => {
    expect(() => createSecretBox(randomBytes(16))).toThrow('32 bytes');
    expect(() => createSecretBox(key, { previous: [randomBytes(31)] })).toThrow('32 bytes');
  });
});
