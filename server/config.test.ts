import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePort, readEnvironment, StartError } from './config.ts';
import { parseParts } from './mesh.ts';
import { encryptionKey } from './secrets/encryption-key.ts';

describe('readEnvironment', () => {
  it('answers the defaults for an empty environment', () => {
    expect(readEnvironment({})).toMatchObject({ HOST: '127.0.0.1', PORT: 4000, HEDDLE_DATA_DIR: './data' });
  });

  it('takes an empty text for unset', () => {
    expect(readEnvironment({ PORT: '', MONGO_URL: '' })).toMatchObject({ PORT: 4000, MONGO_URL: undefined });
  });

  it('names every wrong variable in one line', () => {
    const read = () => readEnvironment({ PORT: 'x', REDIS_URL: 'http://no', LOG_LEVEL: 'loud' });
    expect(read).toThrow(StartError);
    expect(read).toThrow(/PORT=x.*REDIS_URL.*LOG_LEVEL=loud/);
  });

  it('names what a variable may be', () => {
    expect(() => readEnvironment({ LOG_LEVEL: 'verbose' })).toThrow(
      'LOG_LEVEL=verbose: must be one of silent, fatal, error, warn, info, debug, trace (see docs/configuration.md)',
    );
  });

  it('states the bounds of a number', () => {
    expect(() => readEnvironment({ PORT: '99999', HEDDLE_DEPTH_MAX: '0' })).toThrow(
      /PORT=99999: must be 65535 or less; HEDDLE_DEPTH_MAX=0: must be 1 or more/,
    );
  });

  it('never repeats the value of a secret', () => {
    for (const name of [
      'HEDDLE_ADMIN_KEY',
      'HEDDLE_ENCRYPTION_KEY',
      'HEDDLE_MESH_KEY',
      'HEDDLE_MESH_SECRET',
      'MONGO_URL',
      'REDIS_URL',
    ]) {
      expect(() => readEnvironment({ [name]: 'pssst' })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('pssst') }),
      );
    }
  });
});

describe('parsePort', () => {
  it('answers a port, and refuses what is none', () => {
    expect(parsePort('27018')).toBe(27_018);
    for (const text of ['', ' ', 'x', '-1', '1.5', '65536']) expect(() => parsePort(text)).toThrow(/--port/);
  });
});

describe('parseParts', () => {
  it('answers every part when nothing is requested', () => {
    expect(parseParts(undefined)).toHaveLength(6);
  });

  it('answers the parts that are named', () => {
    expect(parseParts('models, gateway')).toEqual(['gateway', 'models']);
  });

  it('refuses a part that does not exist, and none at all', () => {
    expect(() => parseParts('modles')).toThrow(/no part modles.*gateway/);
    expect(() => parseParts(',')).toThrow(/names no part/);
  });
});

describe('encryptionKey', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'heddle-key-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('is made once with mode 0600 and then kept, whoever calls', async () => {
    const [first, second] = await Promise.all([encryptionKey(undefined, dir), encryptionKey(undefined, dir)]);
    expect(second).toEqual(first);
    expect(await encryptionKey(undefined, dir)).toEqual(first);
    expect((await stat(join(dir, 'encryption.key'))).mode & 0o777).toBe(0o600);
  });

  it('is the configured one, as hex or base64, and then no file is made', async () => {
    const hex = 'ab'.repeat(32);
    const base64 = Buffer.from(hex, 'hex').toString('base64');
    expect(await encryptionKey(hex, dir)).toEqual(await encryptionKey(base64, dir));
    await expect(readFile(join(dir, 'encryption.key'))).rejects.toThrow(/ENOENT/);
  });

  it('refuses a damaged file and one that others may read', async () => {
    await writeFile(join(dir, 'encryption.key'), 'short', { mode: 0o600 });
    await expect(encryptionKey(undefined, dir)).rejects.toThrow(/damaged/);
    await rm(join(dir, 'encryption.key'));
    await writeFile(join(dir, 'encryption.key'), 'ab'.repeat(32), { mode: 0o644 });
    await expect(encryptionKey(undefined, dir)).rejects.toThrow(/may be read by others/);
  });
});
