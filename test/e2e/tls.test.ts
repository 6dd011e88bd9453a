import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startManyProcesses, type TestMesh, temporaryDirectory } from '#test/support/mesh.ts';
import { hasRedis, startRedis } from '../support/processes/redis.ts';
import { startTlsFront } from '../support/processes/tls-front.ts';
import { accessScenarios } from './scenarios/access.ts';
import { invocationScenarios } from './scenarios/invocation.ts';
import { streamScenarios } from './scenarios/streams.ts';

const newPassword = () => randomBytes(16).toString('hex');

describe('the mesh in many processes, with the certificates and users of Redis that docker-compose.yml has', () => {
  const stack = new AsyncDisposableStack();
  let certificates: string;
  let mesh: TestMesh;
  beforeAll(async () => {
    certificates = join(stack.use(await temporaryDirectory()).path, 'certificates');
    const passwords = { REDIS_PASSWORD: newPassword(), REDIS_GATEWAY_PASSWORD: newPassword() };
    await promisify(execFile)('sh', ['deploy/prepare-volumes.sh', certificates], {
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...passwords },
    });
    const folder = join(certificates, 'redis');
    const redis = hasRedis()
      ? stack.use(await startRedis({ certificate: folder, args: ['--aclfile', join(folder, 'users.acl')] }))
      : undefined;
    const as = (user: string, password: string) =>
      redis?.url.replace('rediss://', `rediss://${user}:${password}@`);
    mesh = stack.use(
      await startManyProcesses({
        certificates,
        redisUrl: as('heddle', passwords.REDIS_PASSWORD),
        gatewayRedisUrl: as('heddle-gateway', passwords.REDIS_GATEWAY_PASSWORD),
        mongoUrl: async (storePort, password) => {
          const pem = await readFile(join(certificates, 'mongo', 'server.pem'), 'utf8');
          const { port } = stack.use(await startTlsFront(storePort, { cert: pem, key: pem }));
          return `mongodb://heddle:${password}@127.0.0.1:${port}/heddle?directConnection=true&tls=true`;
        },
      }),
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  accessScenarios(() => mesh);
  invocationScenarios(() => mesh);
  streamScenarios(() => mesh);

  it('is ready, and so is each of its parts, for a health check without a certificate', async () => {
    expect((await fetch(`${mesh.url}/health/ready`)).status).toBe(200);
    const urls = mesh.processes.flatMap((heddle) => /https:\/\/127\.0\.0\.1:\d+/.exec(heddle.output()) ?? []);
    expect(urls).toHaveLength(5);
    for (const url of urls) {
      const ca = join(certificates, 'ca.pem');
      const check = promisify(execFile)(process.execPath, ['cli/healthcheck.ts', `${url}/health/ready`], {
        env: { HEDDLE_TLS_CA: ca },
      });
      await expect(check).resolves.toMatchObject({ stderr: '' });
    }
  });

  it('has logged nothing that would have to be looked at', () => {
    const lines = mesh.processes.flatMap((heddle) => heddle.output().split('\n'));
    expect(
      lines.filter((line) => /"level":(40|50|60)/.test(line) && /Redis|shared state|NOPERM/.test(line)),
    ).toEqual([]);
  });

  it('has every file for its owner alone', async () => {
    const names = await readdir(certificates, { recursive: true });
    expect(names).toContain(join('gateway', 'key.pem'));
    for (const name of names) {
      const { mode } = await stat(join(certificates, name));
      expect({ name, others: mode & 0o077 }).toEqual({ name, others: 0 });
    }
  });
});
