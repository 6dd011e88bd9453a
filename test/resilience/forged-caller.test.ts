import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anonymousCaller, type Caller, scopes } from '#core/caller.ts';
import { createTestClient } from '#test/support/client.ts';
import { meshVariables, startHeddle, temporaryDirectory } from '#test/support/mesh.ts';
import { identityHeader } from '#transport/identity.ts';
import { answerCode, answerCodeHeader } from '#transport/mesh-answers.ts';
import { deriveAnswerKeys } from '#transport/mesh-keys.ts';
import type { TlsMaterial } from '#transport/mesh-tls.ts';
import { createTestAuthority } from '../support/processes/certificates.ts';

const mesh = meshVariables();
const admin: Caller = {
  ...anonymousCaller,
  kind: 'API_KEY',
  tenantId: 'default',
  scopes: Object.keys(scopes) as Caller['scopes'],
};
const forgedBody = JSON.stringify({
  data: { _caller: admin, me: { kind: admin.kind, scopes: admin.scopes } },
});

describe('whoever stands between a gateway and the tenants subgraph', () => {
  let stack: AsyncDisposableStack;
  beforeEach(() => {
    stack = new AsyncDisposableStack();
  });
  afterEach(() => stack.disposeAsync());

  /** Answers every question of a gateway by a caller with all scopes. */
  async function startImpostor(material?: TlsMaterial, code?: (identity: string) => string): Promise<string> {
    const answer: RequestListener = (request, response) => {
      request.resume();
      const identity = String(request.headers[identityHeader]);
      if (code !== undefined) response.setHeader(answerCodeHeader, code(identity));
      response.setHeader('content-type', 'application/json').end(forgedBody);
    };
    const server = material === undefined ? createServer(answer) : createTlsServer(material, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stack.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    return `${material === undefined ? 'http' : 'https'}://127.0.0.1:${port}/graphql`;
  }

  /** What a gateway answers to a key that nobody has. */
  async function ask(tenantsUrl: string, variables: Readonly<Record<string, string>> = {}) {
    const gateway = stack.use(
      startHeddle(['--only', 'gateway'], {
        ...mesh.gateway,
        ...variables,
        PORT: '0',
        HEDDLE_TENANTS_URL: tenantsUrl,
        LOG_LEVEL: 'warn',
      }),
    );
    const [, url = ''] = await gateway.line(/(http:\/\/127\.0\.0\.1:\d+)\/graphql/);
    const answer = await createTestClient(url, `hd_forged_${'x'.repeat(40)}`).send<{ me: unknown }>(
      '{ me { kind scopes } }',
    );
    return { ...answer, gateway };
  }

  it('makes no caller an administrator over plain HTTP', async () => {
    const answer = await ask(await startImpostor());
    expect(answer.data?.me ?? null).toBeNull();
    expect(answer.errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
    await answer.gateway.line(/is not authentic/);
  });

  it('is trusted with the mesh secret alone', async () => {
    const key = deriveAnswerKeys(mesh.gateway.HEDDLE_MESH_SECRET ?? '')[0];
    const url = await startImpostor(undefined, (identity) => answerCode(key, identity, 200, forgedBody));
    expect((await ask(url)).data).toMatchObject({ me: { kind: 'API_KEY' } });
  });

  it('makes no caller an administrator over TLS, with a certificate of another authority or of another part', async () => {
    const dir = stack.use(await temporaryDirectory()).path;
    const [own, foreign] = [await createTestAuthority(), await createTestAuthority()];
    const material = await own.issuePart('gateway');
    const variables: Record<string, string> = {};
    for (const name of ['cert', 'key', 'ca'] as const) {
      variables[`HEDDLE_TLS_${name.toUpperCase()}`] = join(dir, `${name}.pem`);
      await writeFile(join(dir, `${name}.pem`), material[name] ?? '');
    }
    for (const certificate of [await foreign.issuePart('tenants'), await own.issuePart('models')]) {
      const answer = await ask(await startImpostor(certificate), variables);
      expect(answer.data?.me ?? null).toBeNull();
      expect(answer.errors?.length).toBeGreaterThan(0);
    }
    const right = await startImpostor(await own.issuePart('tenants'));
    expect((await ask(right, variables)).data).toMatchObject({ me: { kind: 'API_KEY' } });
  });
});
