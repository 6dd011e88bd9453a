import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDataBox, makeDataKey, readDataKeyId } from './data-box.ts';
import { createSecretBox } from './secret-box.ts';

const key = makeDataKey();
const box = createDataBox(key, 'payloads');
const context = ['completions', 'c1'];

describe('data box', () => {
  it.each(['sk-secret', '', 'ключ 🔑', 'x'.repeat(10_000)])(
    'opens what it sealed, as text and as bytes',
    (text) => {
      for (const sealed of [box.seal(text, context), box.sealToBytes(text, context)]) {
        expect(box.open(sealed, context)).toBe(text);
        expect(readDataKeyId(sealed)).toBe(key.id);
        expect(box.isCurrent(sealed)).toBe(true);
      }
    },
  );

  it('shows nothing of the text and never seals alike twice', () => {
    expect(box.seal('sk-secret', context)).not.toBe(box.seal('sk-secret', context));
    expect(box.sealToBytes('sk-secret', context).includes('sk-secret')).toBe(false);
    expect(box.seal('sk-secret', context)).toMatch(/^v3\.[0-9a-f]{16}\.[\w-]+$/);
  });

  it('opens for the same context, key and purpose alone, and nothing altered', () => {
    const others = [createDataBox(makeDataKey(), 'payloads'), createDataBox(key, 'secrets')];
    const renamed = createDataBox({ id: key.id, key: randomBytes(32) }, 'payloads');
    for (const sealed of [box.seal('text', context), box.sealToBytes('text', context)]) {
      expect(() => box.open(sealed, ['completions', 'c2'])).toThrow('cannot be opened');
      for (const other of [...others, renamed]) {
        expect(() => other.open(sealed, context)).toThrow('cannot be opened');
      }
    }
    const bytes = box.sealToBytes('text', context);
    for (let index = 0; index < bytes.length; index += 1) {
      const altered = Buffer.from(bytes);
      altered[index] = altered[index]! ^ 1;
      expect(() => box.open(altered, context)).toThrow('cannot be opened');
    }
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => box.open(bytes.subarray(0, length), context)).toThrow(/cannot be opened|cut short/);
    }
  });

  it('opens bytes that are a part of a larger buffer', () => {
    const sealed = box.sealToBytes('text', context);
    const within = Buffer.concat([Buffer.alloc(3), sealed, Buffer.alloc(3)]).subarray(3, 3 + sealed.length);
    expect([readDataKeyId(within), box.open(within, context)]).toEqual([key.id, 'text']);
    expect(box.open(new Uint8Array(sealed), context)).toBe('text');
  });

  it('names no key for what no data key sealed', () => {
    const older = createSecretBox(randomBytes(32));
    const texts = [
      older.seal('x', context),
      'v1.AAAA',
      '',
      'sk-secret',
      'v3.',
      `v3.${'g'.repeat(16)}.AAAA`,
      `v3.${key.id}`,
    ];
    for (const sealed of [...texts, older.sealToBytes('x', context), Buffer.alloc(0), Buffer.from([3, 1])]) {
      expect(readDataKeyId(sealed)).toBeUndefined();
    }
  });

  it('makes every key anew, and takes none of another length', () => {
    const made = Array.from({ length: 100 }, makeDataKey);
    expect(new Set(made.map(({ id }) => id)).size).toBe(100);
    expect(new Set(made.map(({ key: bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(100);
    expect(() => createDataBox({ id: key.id, key: randomBytes(16) }, 'secrets')).toThrow('32 bytes');
  });
});
