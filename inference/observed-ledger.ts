import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import type { Ledger } from './ledger/ledger.ts';

type Observer = Pick<InferenceObserver, 'callEnded' | 'rowWritten' | 'watch'>;

/**
 * The ledger, with what it writes reported to the observer: how long each row took, how each call ended, and how many rows of this
 * process are not closed. Disposing ends the last of these.
 */
export function observeLedger(
  ledger: Ledger,
  observer: Observer | undefined,
  now: () => number,
): Ledger & Disposable {
  /** When the calls began whose rows are not closed, the oldest first. */
  const running = new Map<string, number>();
  let waiting = 0;
  const watching = observer?.watch(() => {
    const [oldestMs] = running.values();
    return {
      running: running.size,
      oldestRunningMs: oldestMs === undefined ? 0 : Math.max(0, now() - oldestMs),
      ledgerWaiting: waiting,
    };
  });

  async function write(kind: 'open' | 'close', writing: Promise<void>): Promise<void> {
    const begunMs = performance.now();
    waiting += 1;
    let isWritten = false;
    try {
      await writing;
      isWritten = true;
    } finally {
      waiting -= 1;
      observer?.rowWritten(kind, performance.now() - begunMs, !isWritten);
    }
  }

  return {
    async open(row, ...stored) {
      await write('open', ledger.open(row, ...stored));
      const { status, errorCode, cache, latencyMs } = row;
      if (status === 'RUNNING') running.set(row._id, row.startedAt.getTime());
      else observer?.callEnded({ status, code: errorCode ?? null, cache, latencyMs: latencyMs ?? 0 });
    },
    raise: (id, reserved) => ledger.raise(id, reserved),
    async close(id, closing, result, payload) {
      const { status, errorCode, cache, latencyMs } = closing;
      try {
        await write('close', ledger.close(id, closing, result, payload));
      } finally {
        running.delete(id);
      }
      if (status !== 'RUNNING')
        observer?.callEnded({ status, code: errorCode ?? null, cache, latencyMs: latencyMs ?? 0 });
    },
    get hasLost() {
      return ledger.hasLost;
    },
    closeLost: (ownerId, atMs) => ledger.closeLost(ownerId, atMs),
    [Symbol.dispose]: () => watching?.[Symbol.dispose](),
  };
}
