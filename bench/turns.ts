/** Milliseconds of a run, and the longest time between two turns of this thread meanwhile. */
export async function measureTurns(
  run: () => Promise<unknown>,
): Promise<{ readonly totalMs: number; readonly turnMs: number }> {
  const startedMs = performance.now();
  let [lastMs, turnMs, isOver] = [startedMs, 0, false];
  const turn = () => {
    const nowMs = performance.now();
    turnMs = Math.max(turnMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await run();
  isOver = true;
  const endedMs = performance.now();
  return { totalMs: endedMs - startedMs, turnMs: Math.max(turnMs, endedMs - lastMs) };
}
