import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { allRows, durableTenant, registerUpstream } from './support/ledger.ts';
import { startRestartable } from './support/restartable.ts';
import { startUpstream } from './support/upstream.ts';

const complete = 'mutation ($input: CompletionInput!) { complete(input: $input) { status } }';
const input = { model: 'up/m0', messages: [{ role: 'USER', content: 'ask' }] };

/** For a process that ends by a signal: one that a defect ends waits neither so long, nor serves so long. */
const patience = { HEDDLE_DRAIN_MS: '600000', HEDDLE_SHUTDOWN_GRACE_MS: '600000' };

/** Makes the process run a statement outside of every handler at each SIGUSR2: a defect of the code. */
function defect(statement: string): string {
  const module = `process.on('SIGUSR2', () => { ${statement} });`;
  return `--import=data:text/javascript,${encodeURIComponent(module)}`;
}

describe('an error that no handler caught', () => {
  let stack: AsyncDisposableStack;
  let dir: string;
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    dir = stack.use(await temporaryDirectory()).path;
  });
  afterEach(() => stack.disposeAsync());

  it.each([
    ['uncaught exception', `throw new Error('quotes "what a client wrote"')`],
    ['unhandled rejection', `Promise.reject(new Error('quotes "what a client wrote"'))`],
    ['uncaught exception', 'throw undefined'],
  ])(
    'ends the process with code 1 after one line of the log, its calls failed and their rows closed: %s, %s',
    { timeout: 120_000 },
    async (name, statement) => {
      const answer = Promise.withResolvers<void>();
      const upstream = stack.use(await startUpstream({ gate: () => answer.promise }));
      const mesh = stack.use(await startRestartable(dir, { NODE_OPTIONS: defect(statement), ...patience }));
      await registerUpstream(mesh, upstream.url, ['m0']);
      const tenant = await durableTenant(mesh);
      const call = createTestClient(mesh.url, tenant.client.key).send(complete, { input });
      await vi.waitFor(() => expect(upstream.calls.get('m0')).toBe(1), { timeout: 10_000 });

      const failed = mesh.process;
      const ended = once(failed.child, 'close');
      failed.child.kill('SIGUSR2');
      await failed.line(/"level":60/);
      // What comes of the first error is not logged again.
      failed.child.kill('SIGUSR2');
      expect(await call).toMatchObject({ errors: [{ extensions: { code: 'OVERLOADED' } }] });
      expect(await ended).toEqual([1, null]);
      answer.resolve();

      const lines = failed.output().match(/^.*("level":[56]0|uncaught|unhandled).*$/gm) ?? [];
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { level: 60, event: 'process_failed', msg: `${name}; the process ends` },
      ]);
      expect(failed.output()).not.toContain('what a client wrote');

      await mesh.start();
      expect(await allRows(tenant.clientNow())).toMatchObject([
        { status: 'FAILED', errorCode: 'OVERLOADED', model: { id: 'up/m0' } },
      ]);
      expect(mesh.process.output()).not.toContain('processes that are gone');
    },
  );
});
