import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCa } from '#cli/commands/create-ca.ts';
import { watchTlsFiles } from './tls-files.ts';

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
