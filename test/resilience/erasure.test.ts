import { expect, it, vi } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { newAdminKey, startOneProcess, temporaryDirectory } from '#test/support/mesh.ts';

const erase = 'mutation ($endUserId: String!) { eraseEndUser(input: { endUserId: $endUserId }) { id } }';
const read = `query ($id: ID!) { erasure(id: $id) { status step waitsUntil proof counts { collection records } } }`;
const list = 'query ($endUserId: String!) { invocations(filter: { endUserId: $endUserId }) { totalCount } }';

const waiting = { timeout: 20_000, interval: 50 };

interface Data {
  readonly eraseEndUser: { readonly id: string };
  readonly erasure: {
    readonly status: string;
    readonly counts: readonly object[];
    readonly waitsUntil: string | null;
  };
  readonly invocations: { readonly totalCount: number };
}

it('erases in a running mesh, and continues after kill -9', { timeout: 120_000 }, async () => {
  await using directory = await temporaryDirectory();
  const environment = { HEDDLE_DATA_DIR: directory.path, HEDDLE_ADMIN_KEY: newAdminKey() };
  let id = '';
  {
    await using mesh = await startOneProcess(environment);
    const client = createTestClient(mesh.url, environment.HEDDLE_ADMIN_KEY);
    await client.data('mutation { createPageToken(input: { endUserId: "grace" }) { token } }');
    const done = await client.data<Data>(erase, { endUserId: 'grace' });
    const finished = {
      status: 'FINISHED',
      step: null,
      waitsUntil: null,
      proof: expect.stringMatching(/^[0-9a-f]{64}$/),
    };
    await vi.waitFor(
      async () =>
        expect((await client.data<Data>(read, { id: done.eraseEndUser.id })).erasure).toEqual({
          ...finished,
          counts: [{ collection: 'pageTokens', records: 1 }],
        }),
      waiting,
    );

    await client.data(
      'mutation { complete(input: { model: "demo/echo", endUserId: "ada", messages: [{ role: USER, content: "x" }] }) { id } }',
    );
    expect((await client.data<Data>(list, { endUserId: 'ada' })).invocations.totalCount).toBe(1);
    id = (await client.data<Data>(erase, { endUserId: 'ada' })).eraseEndUser.id;
    await mesh.processes[0]?.end('SIGKILL');
  }
  await using mesh = await startOneProcess(environment);
  const client = createTestClient(mesh.url, environment.HEDDLE_ADMIN_KEY);
  const counts = ['completions', 'invocations'].map((collection) => ({ collection, records: 1 }));
  await vi.waitFor(
    async () =>
      expect((await client.data<Data>(read, { id })).erasure).toEqual({
        ...{ status: 'RUNNING', step: 'expiry', waitsUntil: expect.any(String), proof: null, counts },
      }),
    waiting,
  );
  expect((await client.data<Data>(list, { endUserId: 'ada' })).invocations.totalCount).toBe(0);
});
