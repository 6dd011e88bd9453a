import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { everyPart } from '#server/mesh.ts';
import { namesPart, partUri } from '#transport/mesh-tls.ts';
import { createCa } from './create-ca.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-ca-'));
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

const read = async (...path: string[]) => new X509Certificate(await readFile(join(dir, ...path)));
const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

describe('heddle create-ca', () => {
  it('makes an authority and a certificate for each part and store, which names that part alone', async () => {
    expect(await createCa([dir])).toBe(0);
    const ca = await read('ca.pem');
    expect({ ca: ca.ca, own: ca.verify(ca.publicKey) }).toEqual({ ca: true, own: true });
    const folders = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).toSorted()).toEqual([...everyPart, 'mongo', 'redis'].toSorted());
    for (const { name } of folders) {
      const certificate = await read(name, 'cert.pem');
      expect(certificate.verify(ca.publicKey)).toBe(true);
      expect(certificate.checkIssued(ca)).toBe(true);
      expect(certificate.ca).toBe(false);
      for (const host of [name, 'localhost']) expect(certificate.checkHost(host)).toBe(host);
      expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
      expect(certificate.checkIP('::1')).toBe('::1');
      expect(certificate.checkHost('other')).toBeUndefined();
      const named = everyPart.filter((part) =>
        namesPart({ subjectaltname: certificate.subjectAltName ?? '' }, part),
      );
      expect(named).toEqual(everyPart.filter((part) => part === name));
      const purposes =
        name === 'gateway' ? [clientAuth] : name === 'mongo' ? [serverAuth, clientAuth] : [serverAuth];
      expect({ name, purposes: certificate.keyUsage }).toEqual({ name, purposes });
    }
  });

  it('writes keys for their owner alone, whatever the umask', async () => {
    const former = process.umask(0);
    try {
      await createCa([dir, '--only', 'gateway']);
    } finally {
      process.umask(former);
    }
    for (const name of await readdir(dir, { recursive: true })) {
      expect({ name, others: (await stat(join(dir, name))).mode & 0o077 }).toEqual({ name, others: 0 });
    }
  });

  it('keeps the authority and what is still good when it runs again, and renews what is requested', async () => {
    await createCa([dir]);
    const [ca, models] = [await read('ca.pem'), await read('models', 'cert.pem')];
    await createCa([dir]);
    expect((await read('models', 'cert.pem')).serialNumber).toBe(models.serialNumber);
    await createCa([dir, '--host', 'models.internal', '--host', '10.1.2.3', '--host', 'fd00::7']);
    const renewed = await read('models', 'cert.pem');
    expect(renewed.serialNumber).not.toBe(models.serialNumber);
    expect(renewed.checkHost('models.internal')).toBe('models.internal');
    expect(renewed.checkIP('10.1.2.3')).toBe('10.1.2.3');
    expect(renewed.checkIP('fd00::7')).toBe('fd00::7');
    await createCa([dir, '--renew']);
    expect((await read('models', 'cert.pem')).serialNumber).not.toBe(renewed.serialNumber);
    expect((await read('ca.pem')).serialNumber).toBe(ca.serialNumber);
  });

  it('renews what expires within thirty days', async () => {
    await createCa([dir, '--only', 'usage']);
    const former = await read('usage', 'cert.pem');
    vi.useFakeTimers({ now: Date.now() + 366 * 86_400_000, toFake: ['Date'] });
    await createCa([dir, '--only', 'usage']);
    const kept = await read('usage', 'cert.pem');
    vi.setSystemTime(Date.now() + 2 * 86_400_000);
    await createCa([dir, '--only', 'usage']);
    vi.useRealTimers();
    expect(kept.serialNumber).toBe(former.serialNumber);
    expect((await read('usage', 'cert.pem')).serialNumber).not.toBe(former.serialNumber);
  });

  it('makes one certificate for a process that runs several parts', async () => {
    await createCa([dir, '--only', 'models,gateway']);
    const certificate = await read('gateway-models', 'cert.pem');
    expect(certificate.subjectAltName).toContain(`URI:${partUri('gateway')}, URI:${partUri('models')}`);
    expect(certificate.keyUsage).toEqual([serverAuth, clientAuth]);
  });

  it('refuses what it does not understand, and an authority that is incomplete', async () => {
    for (const args of [[], [dir, 'more'], [dir, '--host', 'a b'], [dir, '--host', 'a,URI:x']]) {
      await expect(createCa(args)).rejects.toThrow(/usage|host name/);
    }
    await expect(createCa([dir, '--only', 'nothing'])).rejects.toThrow(/no part nothing/);
    await createCa([dir, '--only', 'usage']);
    await rm(join(dir, 'ca-key.pem'));
    await expect(createCa([dir])).rejects.toThrow(/ca-key\.pem/);
  });
});
