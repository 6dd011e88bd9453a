/** The thread of a Latency: asks one address again and again, and says how long the slowest answer took. */
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const { url } = workerData as { readonly url: string };
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let slowestMs = 0;
let answers = 0;
let isEnding = false;

function ask(): void {
  const startedMs = performance.now();
  get(url, { agent }, (response) => {
    response.resume().on('end', () => {
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      answers += 1;
      if (answers === 1) parentPort?.postMessage({ began: true });
      if (isEnding) parentPort?.postMessage({ slowestMs, answers });
      else setImmediate(ask);
    });
  }).on('error', (error) => {
    throw error;
  });
}

parentPort?.once('message', () => {
  isEnding = true;
});
ask();
