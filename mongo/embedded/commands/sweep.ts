import { removeExpired } from '../storage/expiry.ts';
import type { Engine } from './engine.ts';

const SWEEP_MS = 60_000;

/** Once a minute: documents past their TTL, cursors and sessions that nobody uses any more. Returns how to stop it. */
export function startSweeping(engine: Engine): () => void {
  const timer = setInterval(() => {
    const nowMs = Date.now();
    engine.cursors.sweep(nowMs);
    engine.sessions.sweep(nowMs);
    engine.snapshotReads.sweep(nowMs);
    void removeExpired(engine.storage, engine.locks, nowMs);
  }, SWEEP_MS);
  timer.unref();
  return () => clearInterval(timer);
}
