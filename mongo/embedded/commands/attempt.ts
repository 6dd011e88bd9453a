import { HeldByTransaction, writeConflict } from '../transactions/conflict.ts';
import type { Engine } from './engine.ts';

/**
 * Does a piece of writing. Where a transaction holds the document, waits for its end and tries again; after
 * conflictWaitMsMax (the transaction may be waiting for this very write) it ends with WriteConflict.
 * Synchronous unless it has to wait.
 */
export function attempt<T>(engine: Engine, work: () => T): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    if (error instanceof HeldByTransaction) return waitAndRetry(engine, error, work);
    throw error;
  }
}

async function waitAndRetry<T>(engine: Engine, first: HeldByTransaction, work: () => T): Promise<T> {
  const deadline = performance.now() + engine.options.conflictWaitMsMax;
  let held = first;
  for (;;) {
    await awaitEnd(held, deadline - performance.now());
    try {
      return work();
    } catch (error) {
      if (!(error instanceof HeldByTransaction)) throw error;
      if (performance.now() >= deadline) throw writeConflict();
      held = error;
    }
  }
}

async function awaitEnd(held: HeldByTransaction, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(0, ms));
  await Promise.race([held.holder.ended, promise]);
  clearTimeout(timer);
}
