import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCa } from '#cli/commands/create-ca.ts';
import { createTestAuthority } from '#test/support/processes/certificates.ts';
import { StartError } from '../config.ts';
import { watchAuthorities, watchTlsFiles } from './tls-files.ts';

const log = pino({ level: 'silent' });
const names = 'HEDDLE_TLS_CERT';
let dir: string;
const file = (name: string) => join(dir, 'models', name);
const files = () => ({ cert: file('cert.pem'), key: file('key.pem'), ca: file('ca.pem') });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-tls-'));
  await createCa([dir, '--only', 'models']);
});
afterEach(() => rm(dir, { recursive: true }));

it('hands on certificates that were renewed, and not the same ones again', async () => {
  using tls = watchTlsFiles(files(), { names, log });
  const former = tls.current();
  const heard: unknown[] = [];
  tls.onChange((material) => heard.push(material));
  tls.reload();
  expect(heard).toEqual([]);
  await createCa([dir, '--only', 'models', '--renew']);
  tls.reload();
  expect(heard).toEqual([tls.current()]);
  expect(tls.current().cert).not.toBe(former.cert);
});

it('keeps the former certificates while the files do not fit together', async () => {
  using tls = watchTlsFiles(files(), { names, log });
  const former = tls.current();
  await cp(file('key.pem'), file('former.pem'));
  await createCa([dir, '--only', 'models', '--renew']);
  const renewed = file('renewed.pem');
  await cp(file('key.pem'), renewed);
  await cp(file('former.pem'), file('key.pem'));
  tls.reload();
  expect(tls.current()).toBe(former);
  await rm(file('ca.pem'));
  tls.reload();
  expect(tls.current()).toBe(former);
  await cp(renewed, file('key.pem'));
  await cp(join(dir, 'ca.pem'), file('ca.pem'));
  tls.reload();
  expect(tls.current()).not.toBe(former);
});

it('refuses to start with files that are missing or do not fit together, and names the variables', async () => {
  expect(() => watchTlsFiles({ ...files(), cert: join(dir, 'none') }, { names, log })).toThrow(
    /^HEDDLE_TLS_CERT: .*ENOENT/,
  );
  await writeFile(file('key.pem'), 'nonsense');
  expect(() => watchTlsFiles(files(), { names, log })).toThrow(
    /^HEDDLE_TLS_CERT: the certificate cannot be used/,
  );
});

describe('the authorities that are trusted', () => {
  const authorities = { names: 'HEDDLE_TLS_CA', log };

  it('are those of the file, as soon as it has changed', async () => {
    const path = join(dir, 'trusted.pem');
    const former = await readFile(join(dir, 'ca.pem'), 'utf8');
    await writeFile(path, former);
    using trusted = watchAuthorities(path, authorities);
    expect(trusted.current()).toBe(former);
    const next = (await createTestAuthority()).ca;
    for (const text of [former + next, next]) {
      await writeFile(path, text);
      trusted.reload();
      expect(trusted.current()).toBe(text);
    }
  });

  it.each([
    ['nothing', () => ''],
    ['no certificate', () => 'nonsense'],
    ['a key', () => readFileSync(file('key.pem'), 'utf8')],
    ['a certificate that is cut', () => readFileSync(join(dir, 'ca.pem'), 'utf8').slice(0, -30)],
    [
      'one of two that cannot be read',
      () =>
        `${readFileSync(join(dir, 'ca.pem'), 'utf8')}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    ],
  ])('are never %s: that stops the start, and later changes nothing', async (_what, text) => {
    const path = join(dir, 'trusted.pem');
    await writeFile(path, text());
    expect(() => watchAuthorities(path, authorities)).toThrow(StartError);
    expect(() => watchAuthorities(path, authorities)).toThrow(
      /^HEDDLE_TLS_CA: the certificate cannot be used: /,
    );
    expect(() => watchTlsFiles({ ...files(), ca: path }, { names, log })).toThrow(StartError);
    await cp(join(dir, 'ca.pem'), path);
    using trusted = watchAuthorities(path, authorities);
    const former = trusted.current();
    await writeFile(path, text());
    trusted.reload();
    expect(trusted.current()).toBe(former);
    await rm(path);
    trusted.reload();
    expect(trusted.current()).toBe(former);
  });
});
