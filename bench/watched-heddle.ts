/**
 * `heddle serve` that its parent can ask for the longest turn of its main thread since it was asked last, as CPU time: what other
 * processes do does not lengthen it. A turn of the event loop has the work of several requests where they come together.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Connection } from 'mongoose';
import { serve } from '#cli/commands/serve.ts';
import { usageProgress } from '#mongo/usage/usage-progress.ts';

/** What the parent is answered. */
export interface WatchedTurns {
  readonly turnMs: number;
  /** The time before which calls are summed; null: none are. */
  readonly summedUntilMs: number | null;
}

const everyMs = 1;
let connection: Connection | undefined;
subscribe('heddle:database', (message) => {
  ({ connection } = message as { readonly connection: Connection });
});

let [lastMs, turnMs] = [readCpuMs(), 0];
setInterval(() => {
  const nowMs = readCpuMs();
  turnMs = Math.max(turnMs, nowMs - lastMs);
  lastMs = nowMs;
}, everyMs).unref();

function readCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

process.on('message', async () => {
  const watched = turnMs;
  turnMs = 0;
  const until = connection && (await usageProgress(connection).findOne())?.until.getTime();
  process.send?.({ turnMs: watched, summedUntilMs: until ?? null } satisfies WatchedTurns);
});
process.exitCode = await serve([]);
