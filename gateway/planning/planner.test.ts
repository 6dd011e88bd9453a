import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import pino from 'pino';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { bazaarSupergraph } from '#test/router/bazaar-graph.ts';
import { PlannerProcess } from './planner.ts';

const planner = new PlannerProcess(bazaarSupergraph);
afterAll(() => planner[Symbol.asyncDispose]());

/** Over this one the query planner 0.0.38 panics; the router gives it no such document (distinct-keys.ts). */
const deadly =
  '{ reviewed { ... on Book { maker { reviews(first: 1) { id } } } ... on Tool { maker { reviews { id } } } } }';

describe("the planner's process", () => {
  it('fails the one document over which it ends, and plans those before and after', async () => {
    const results = await Promise.allSettled([
      planner.plan('{ people { name } }'),
      planner.plan(deadly),
      planner.plan('{ people { name } }'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const { reason } = results[1] as PromiseRejectedResult;
    expect(pino.stdSerializers.err(reason).message).toContain('panicked');
    expect(results[2]).toEqual(results[0]);
  });

  it('is ended where a document takes too long, and the next is planned', async () => {
    await using hurried = new PlannerProcess(bazaarSupergraph, { planMsMax: 500 });
    const names = Array.from(
      { length: 4_000 },
      (_, n) => `p${n}: person(id: "p${n}") { name made { title } }`,
    );
    const [long, short] = await Promise.allSettled([
      hurried.plan(`{ ${names.join(' ')} }`),
      hurried.plan('{ people { name } }'),
    ]);
    expect(long).toMatchObject({ status: 'rejected', reason: { code: 'GRAPH_COST_EXCEEDED' } });
    expect(short.status).toBe('fulfilled');
  });

  it('that is ended by the system costs one document, which may be sent again', async () => {
    await using hurt = new PlannerProcess(bazaarSupergraph);
    await hurt.ready();
    const planning = hurt.plan('{ people { name } }');
    process.kill(hurt.pid ?? 0, 'SIGKILL');
    await expect(planning).rejects.toMatchObject({
      code: 'OVERLOADED',
      extensions: { notBegun: true, retryAfterMs: expect.any(Number) },
      cause: { message: expect.stringContaining('process ended') },
    });
    expect((await hurt.plan('{ people { name } }')).step).toBeDefined();
  });

  it('lets no more wait than it may', async () => {
    await using small = new PlannerProcess(bazaarSupergraph, { waitingMax: 2 });
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, () => small.plan('{ people { name } }')),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(results[3]).toMatchObject({ reason: { code: 'OVERLOADED' } });
    await small.plan('{ people { name } }');
  });

  it('cannot be ready over a supergraph that is none', async () => {
    await using unfit = new PlannerProcess('type Query {');
    await expect(unfit.ready()).rejects.toThrow();
  });

  it('plans what is requested after it was closed, for those who still run by a supergraph that has been replaced', async () => {
    const former = new PlannerProcess(bazaarSupergraph);
    const running = former.plan('{ people { name } }');
    await former[Symbol.asyncDispose]();
    expect(await former.plan('{ people { name } }')).toEqual(await running);
  });

  it.runIf(existsSync('/proc/self/task'))(
    'ends with the process that uses it, however that ends',
    async () => {
      const script = `
      import { readFileSync } from 'node:fs';
      const { PlannerProcess } = await import(${JSON.stringify(new URL('./planner.ts', import.meta.url).href)});
      const planner = new PlannerProcess(${JSON.stringify(bazaarSupergraph)});
      await planner.ready();
      console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8'));
      setInterval(() => undefined, 1_000);`;
      const asker = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(createInterface({ input: asker.stdout }), 'line');
      const pid = Number(line);
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('planner-process');
      asker.kill('SIGKILL');
      await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), 5_000);
    },
  );
});
