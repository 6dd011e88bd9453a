/** A fetch with so many calls at once: one more waits for its turn, as long as its signal lets it. */
export function limitCalls(fetch: typeof globalThis.fetch, callsMax: number): typeof globalThis.fetch {
  let running = 0;
  const waiting = new Set<() => void>();

  async function waitForTurn(signal: AbortSignal | null | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      waiting.delete(resolve);
      reject(signal?.reason);
    };
    waiting.add(resolve);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  function endTurn(): void {
    const [next] = waiting;
    if (next === undefined) running -= 1;
    else {
      waiting.delete(next);
      next();
    }
  }

  return async (input, init) => {
    init?.signal?.throwIfAborted();
    if (running >= callsMax) await waitForTurn(init?.signal);
    else running += 1;
    try {
      return await fetch(input, init);
    } finally {
      endTurn();
    }
  };
}
