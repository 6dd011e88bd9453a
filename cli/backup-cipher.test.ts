import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type BackupSecret,
  type BackupSecrets,
  decryptBackup,
  encryptBackup,
  isEncryptedBackup,
} from './backup-cipher.ts';

const key = randomBytes(32);
const other = randomBytes(32);
const header = 77;
const chunk = 64 * 1024 + 16;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(parts));
}

const encrypt = (plain: Buffer, secret: BackupSecret = { key }, size = 50_000) =>
  joined(encryptBackup(pieces(plain, size), secret));
const decrypt = (file: Buffer, secrets: BackupSecrets = { keys: [key] }, size = 50_000) =>
  joined(decryptBackup(pieces(file, size), secrets));

describe('an encrypted backup', () => {
  it.each([0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 128 * 1024, 300_000])(
    'returns %i bytes, in whatever pieces they come',
    async (length) => {
      const plain = randomBytes(length);
      for (const size of [7_919, 64 * 1024, 1_000_000]) {
        const file = await encrypt(plain, { key }, size);
        expect(isEncryptedBackup(file)).toBe(true);
        expect((await decrypt(file, { keys: [other, key] }, size)).equals(plain)).toBe(true);
      }
    },
  );

  it('holds nothing of the text, and no two are alike', async () => {
    const plain = Buffer.from('a text that is easy to find '.repeat(5_000));
    const [first, second] = [await encrypt(plain), await encrypt(plain)];
    expect(first.includes('easy to find')).toBe(false);
    expect(first.subarray(header, header + 64)).not.toEqual(second.subarray(header, header + 64));
  });

  it('opens with its passphrase alone, however that is composed', async () => {
    const plain = randomBytes(1_000);
    const file = await encrypt(plain, { passphrase: 'gr\u00fcne Wolke 42' });
    expect(await decrypt(file, { keys: [], passphrase: 'gru\u0308ne Wolke 42' })).toEqual(plain);
    await expect(decrypt(file, { keys: [key], passphrase: 'another one' })).rejects.toThrow(
      'passphrase is wrong',
    );
    await expect(decrypt(file, { keys: [key] })).rejects.toThrow('--passphrase-file');
  });

  it('names the encryption key that it needs', async () => {
    const file = await encrypt(randomBytes(10));
    await expect(decrypt(file, { keys: [other] })).rejects.toThrow(
      /encryption key [0-9a-f]{8}, which is not at hand/,
    );
    await expect(decrypt(file, { keys: [] })).rejects.toThrow(/not at hand/);
  });

  const plain = randomBytes(3 * 64 * 1024 + 100);
  const changes: Readonly<Record<string, (file: Buffer) => Buffer>> = {
    'a chunk left out': (file) => Buffer.concat([file.subarray(0, header), file.subarray(header + chunk)]),
    'the first chunk twice': (file) =>
      Buffer.concat([file.subarray(0, header + chunk), file.subarray(header, file.byteLength)]),
    'two chunks exchanged': (file) =>
      Buffer.concat([
        file.subarray(0, header),
        file.subarray(header + chunk, header + 2 * chunk),
        file.subarray(header, header + chunk),
        file.subarray(header + 2 * chunk),
      ]),
    'the last chunk in place of the first': (file) =>
      Buffer.concat([file.subarray(0, header), file.subarray(header + 3 * chunk)]),
    'bytes after its end': (file) => Buffer.concat([file, Buffer.from('x')]),
    'another backup after its end': (file) => Buffer.concat([file, file]),
    'costs that no machine has': (file) => {
      const changed = Buffer.from(file);
      changed.set([2, 255, 255, 255], 5);
      return changed;
    },
    'no costs': (file) => {
      const changed = Buffer.from(file);
      changed.set([2, 0, 0, 0], 5);
      return changed;
    },
  };

  it.each(Object.keys(changes))('is refused with %s', async (name) => {
    const changed = changes[name]?.(await encrypt(plain)) ?? plain;
    await expect(decrypt(changed, { keys: [key], passphrase: 'some passphrase' })).rejects.toThrow(
      /it was altered|it is cut short/,
    );
  });

  it('is refused wherever it is cut', async () => {
    const file = await encrypt(plain);
    const ends = [0, 3, 40, header - 1, header, header + 1, header + 100, header + chunk - 1, header + chunk];
    for (const end of [...ends, header + 2 * chunk, header + 3 * chunk, file.byteLength - 1]) {
      await expect(decrypt(file.subarray(0, end)), String(end)).rejects.toThrow(/cut short/);
    }
    // At the end of a chunk it is known to be that.
    await expect(decrypt(file.subarray(0, header + chunk))).rejects.toThrow(/^it is cut short$/);
  });

  it('is refused with any bit changed', async () => {
    const file = await encrypt(plain);
    const places = [...Array(header).keys(), header, header + chunk - 1, header + chunk, file.byteLength - 1];
    for (const at of places) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      await expect(decrypt(changed), String(at)).rejects.toThrow(
        /altered|no encrypted backup|newer version|not at hand|passphrase/,
      );
    }
  });

  it('is refused where its chunks are those of another backup', async () => {
    const [one, two] = [await encrypt(plain), await encrypt(plain)];
    const mixed = Buffer.concat([one.subarray(0, header), two.subarray(header)]);
    await expect(decrypt(mixed)).rejects.toThrow(/altered/);
  });
});
