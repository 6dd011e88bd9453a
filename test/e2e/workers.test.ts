import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { allRows } from '#test/resilience/support/ledger.ts';
import { type Restartable, startRestartable } from '#test/resilience/support/restartable.ts';
import { createTestClient, overWebSocket, type TestClient } from '#test/support/client.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { exactNumberScenarios } from './scenarios/exact-numbers.ts';
import { invocationScenarios } from './scenarios/invocation.ts';
import { policyScenarios } from './scenarios/policy.ts';
import { admin, echo, newTenant, scenarioVariables } from './scenarios/setup.ts';
import { streamScenarios } from './scenarios/streams.ts';

interface Event {
  readonly __typename: string;
  readonly completionId: string;
  readonly sequence: number;
}

const fields = '__typename completionId sequence';
const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${fields} } }`;
const resume = `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) { ${fields} } }`;
const slow = (words: number) => ({
  input: {
    model: 'demo/slow',
    messages: [{ role: 'USER', content: 'w '.repeat(words).trim() }],
    cache: 'BYPASS',
    onDisconnect: 'KEEP',
  },
});

/** A line that the first process has logged of a worker. */
interface WorkerLine {
  readonly event: string;
  readonly worker: number;
  readonly workerPid: number;
}

const listLines = (mesh: Restartable): WorkerLine[] =>
  [...mesh.output().matchAll(/^\{.*"event":"worker_\w+".*\}$/gm)].map(([line]) => JSON.parse(line));

/** The process ids of the workers that serve now, by their numbers. */
function findWorkers(mesh: Restartable): Map<number, number> {
  const workers = new Map<number, number>();
  for (const { event, worker, workerPid } of listLines(mesh)) {
    if (event === 'worker_ready') workers.set(worker, workerPid);
    else if (event === 'worker_died') workers.delete(worker);
  }
  return workers;
}

const replaced = (mesh: Restartable, former: number) =>
  vi.waitFor(
    () => {
      const pids = [...findWorkers(mesh).values()];
      expect(pids).toHaveLength(2);
      expect(pids).not.toContain(former);
    },
    { timeout: 60_000 },
  );

/** A request over a connection of its own: connections come to the workers by turns. */
async function requestOnce(
  url: string,
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const sent = request(`${url}${path}`, { agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, text };
}

/** Everything that is left of a completion after that number, by a connection of its own. */
async function readRest(client: TestClient, id: string, after: number): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of overWebSocket<Event>(client, resume, { id, after })) events.push(event);
  return events;
}

describe('a mesh of a first process and two workers', () => {
  const stack = new AsyncDisposableStack();
  let mesh: Restartable;
  beforeAll(async () => {
    const dir = stack.use(await temporaryDirectory());
    const variables = { ...scenarioVariables, HEDDLE_WORKERS: '2', LOG_LEVEL: 'info' };
    mesh = stack.use(await startRestartable(dir.path, { ...variables, HEDDLE_WS_INIT_TIMEOUT_MS: '500' }));
  });
  afterAll(() => stack.disposeAsync());

  invocationScenarios(() => mesh);
  streamScenarios(() => mesh);
  exactNumberScenarios(() => mesh);
  policyScenarios(() => mesh);

  it('shows the metrics of every process, whichever serves the page', async () => {
    for (let turn = 0; turn < 2; turn++) {
      const { text } = await requestOnce(mesh.url, '/metrics');
      const names = new Set([...text.matchAll(/process="([\w-]+)"/g)].map(([, name]) => name));
      expect(names).toEqual(new Set(['first', 'worker-1', 'worker-2']));
      expect(text.match(/^# TYPE process_resident_memory_bytes /gm)).toHaveLength(1);
    }
  });

  it('keeps a limit exactly, over both workers', async () => {
    const limits = [{ meter: 'REQUESTS', window: 'DAY', amount: '10' }];
    const { client } = await newTenant(() => mesh, { limits });
    const ends = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => {
        const last: (Event & { readonly code?: string })[] = [];
        const failable = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${fields} } }`;
        try {
          for await (const event of overWebSocket<Event>(client, failable, echo(`call ${at}`)))
            last[0] = event;
        } catch (error) {
          return String(error);
        }
        return last[0]?.__typename ?? '';
      }),
    );
    expect(ends.filter((end) => end === 'CompletionFinished')).toHaveLength(10);
  });

  it('lets a stream of one worker be resumed at every other one', async () => {
    const { client } = await newTenant(() => mesh);
    const begun: Event[] = [];
    for await (const event of overWebSocket<Event>(client, stream, slow(40))) {
      begun.push(event);
      if (begun.length === 4) break;
    }
    const id = begun[0]?.completionId ?? '';
    const rests = await Promise.all([readRest(client, id, 3), readRest(client, id, 3)]);
    for (const rest of rests) {
      expect(rest.map(({ sequence }) => sequence)).toEqual(rest.map((_, at) => at + 4));
      expect(rest.at(-1)?.__typename).toBe('CompletionFinished');
    }
  });

  it('forgets a revoked key in every worker at once', async () => {
    const { client, keyId } = await newTenant(() => mesh);
    const call = async () => {
      const answers = overWebSocket<Event>(client, stream, echo('still there?'));
      return answers.next().then(
        () => 'answered',
        () => 'refused',
      );
    };
    expect(await Promise.all([call(), call(), call()])).toEqual(['answered', 'answered', 'answered']);
    await admin(() => mesh).data('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: keyId });
    await vi.waitFor(async () =>
      expect(await Promise.all([call(), call(), call(), call()])).not.toContain('answered'),
    );
  });

  it('replaces a worker that is killed: its rows are closed, its streams end once, the others continue', async () => {
    const { client } = await newTenant(() => mesh);
    const streams = Array.from({ length: 8 }, () => {
      const events: Event[] = [];
      const begun = Promise.withResolvers<void>();
      const read = async () => {
        for await (const event of overWebSocket<Event>(client, stream, slow(120))) {
          events.push(event);
          if (events.length === 2) begun.resolve();
        }
      };
      // Any error: the connection was cut.
      const isCut = read().then(
        () => false,
        () => true,
      );
      return { events, begun: begun.promise, isCut };
    });
    await Promise.all(streams.map(({ begun }) => begun));
    const pid = findWorkers(mesh).get(1) ?? 0;
    process.kill(pid, 'SIGKILL');
    let cut = 0;
    for (const { events, isCut } of streams) {
      const wasCut = await isCut;
      if (wasCut) cut += 1;
      const last = events.at(-1);
      const rest = wasCut ? await readRest(client, last?.completionId ?? '', last?.sequence ?? -1) : [];
      const seen = [...events, ...rest];
      expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map((_, at) => at));
      expect(seen.at(-1)?.__typename).toBe(wasCut ? 'CompletionFailed' : 'CompletionFinished');
    }
    expect(cut).toBeGreaterThan(0);
    expect(cut).toBeLessThan(streams.length);
    await replaced(mesh, pid);
    await vi.waitFor(async () => {
      const statuses = (await allRows(client)).map(({ status }) => status);
      const [failed, succeeded] = [Array(cut).fill('FAILED'), Array(streams.length - cut).fill('SUCCEEDED')];
      expect(statuses.toSorted()).toEqual([...failed, ...succeeded]);
    });
  });

  it('kills and replaces a worker that hangs, within ten seconds', async () => {
    const pid = findWorkers(mesh).get(2) ?? 0;
    process.kill(pid, 'SIGSTOP');
    const hung = await vi.waitFor(
      () => {
        const line = listLines(mesh).find(
          ({ event, workerPid }) => event === 'worker_hung' && workerPid === pid,
        );
        expect(line).toBeDefined();
        return line as WorkerLine & { readonly silentMs: number };
      },
      { timeout: 60_000 },
    );
    expect(hung.silentMs).toBeLessThan(10_000);
    await replaced(mesh, pid);
    for (let turn = 0; turn < 2; turn++) {
      expect(await requestOnce(mesh.url, '/health/ready')).toMatchObject({ status: 200 });
    }
  });

  it('has others serve the connections that a worker was given and has not taken when it ends', async () => {
    const pid = findWorkers(mesh).get(2) ?? 0;
    process.kill(pid, 'SIGSTOP');
    // At least one of two comes to it: those that are free take turns.
    const answers = [1, 2].map(() => requestOnce(mesh.url, '/health/live'));
    await Promise.race(answers);
    process.kill(pid, 'SIGKILL');
    expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { status: 200 }]);
    await replaced(mesh, pid);
  });

  it('ends its workers with its first process, however that ends, and loses no acknowledged row', async () => {
    const { client } = await newTenant(() => mesh);
    const { complete } = await client.data<{ complete: { id: string } }>(
      'mutation ($input: CompletionInput!) { complete(input: $input) { id } }',
      echo('kept'),
    );
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const pids = [...findWorkers(mesh).values()];
      await mesh.process.end(signal);
      await vi.waitFor(() => {
        for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      });
      await mesh.start();
      const rows = await allRows(createTestClient(mesh.url, client.key));
      expect(rows).toMatchObject([{ id: complete.id, status: 'SUCCEEDED' }]);
    }
  });
});
