import { removeExpired } from '../storage/expiry.ts';
import { releaseSpace } from '../upkeep/release-space.ts';
import type { Engine } from './engine.ts';

const SWEEP_MS = 60_000;

/** Once a minute: documents past their TTL, cursors and sessions that are no longer used, space that nothing uses. Returns how to stop it. */
export function startSweeping(engine: Engine): () => void {
  const timer = setInterval(() => {
    const nowMs = Date.now();
    engine.cursors.sweep(nowMs);
    engine.snapshotReads.sweep(nowMs);
    // Any error: a round that fails (a full disk) is not the last: the next one comes in a minute.
    sweepStored(engine, nowMs, () => isStopped).catch(() => {});
  }, SWEEP_MS);
  timer.unref();
  let isStopped = false;
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}

async function sweepStored(engine: Engine, nowMs: number, isStopped: () => boolean): Promise<void> {
  engine.sessions.sweep(nowMs);
  await removeExpired(engine.storage, engine.locks, nowMs);
  await releaseSpace(engine.storage, isStopped);
}
