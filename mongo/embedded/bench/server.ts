import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openStore } from '../store.ts';

/**
 * Child process: a store as an application has it, in a worker beside a main thread that does nothing. Prints its URI;
 * on `watch` begins to watch the main thread and answers, on `report`, the longest delay seen and the process's peak memory.
 */
const dir = process.argv[2] ?? '';
const store = await openStore({ dir });
const delays = monitorEventLoopDelay({ resolution: 10 });

process.on('message', async (question) => {
  if (question === 'watch') {
    delays.reset();
    delays.enable();
    process.send?.({ watching: true });
  } else if (question === 'report') {
    delays.disable();
    // The histogram's samples contain the 10 ms of its own timer.
    const delayMs = Math.max(0, delays.max / 1e6 - 10);
    process.send?.({ delayMs, peakMiB: process.resourceUsage().maxRSS / 1024 });
  } else {
    await store.close();
    process.exit(0);
  }
});
process.send?.({ uri: store.uri });
