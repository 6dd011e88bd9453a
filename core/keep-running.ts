/**
 * Runs a task again and again, `everyMs` apart and never twice at once, until it is disposed, which waits for the run in
 * progress. What a run throws is handed to `failed`, and the next one makes up for it.
 */
export function keepRunning(
  everyMs: number,
  run: () => Promise<unknown>,
  failed: (error: unknown) => void,
): AsyncDisposable {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= run()
      .then(() => {}, failed)
      .finally(() => {
        running = undefined;
      });
  }, everyMs).unref();
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
