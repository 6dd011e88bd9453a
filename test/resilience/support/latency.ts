import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const entry = new URL('./latency-thread.ts', import.meta.url);

/** How long the slowest answer of an address took while something went on, asked from a thread of its own. */
export async function slowestAnswerMs(url: string, during: () => Promise<unknown>): Promise<number> {
  const worker = new Worker(entry, { workerData: { url }, execArgv: [] });
  await once(worker, 'message');
  await during();
  const ended = once(worker, 'message');
  worker.postMessage('end');
  const [{ slowestMs }] = (await ended) as [{ readonly slowestMs: number }];
  await worker.terminate();
  return slowestMs;
}

/** How long this machine takes to parse a text of JSON now. */
export function parseMs(text: string): number {
  const beginMs = performance.now();
  JSON.parse(text);
  return performance.now() - beginMs;
}
