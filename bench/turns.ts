/**
 * Milliseconds of a run, and the longest time that this thread has worked between two of its turns meanwhile: CPU time, which other work of the machine does
 * not lengthen, as exact as the kernel accounts for threads (Linux: some milliseconds).
 */
export async function measureTurns(
  run: () => Promise<unknown>,
): Promise<{ readonly totalMs: number; readonly turnMs: number }> {
  const startedMs = performance.now();
  let [lastMs, turnMs, isOver] = [readCpuMs(), 0, false];
  const turn = () => {
    const nowMs = readCpuMs();
    turnMs = Math.max(turnMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await run();
  isOver = true;
  return { totalMs: performance.now() - startedMs, turnMs: Math.max(turnMs, readCpuMs() - lastMs) };
}

function readCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
