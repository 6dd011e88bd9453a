import { setImmediate } from 'node:timers/promises';
import { CommandError } from '../errors.ts';

const SLICE_MS = 8;

/**
 * Keeps a long command from starving the others: at its pause points it lets the event loop turn once its slice is
 * used up, and ends with MaxTimeMSExpired or ClientDisconnect when going on is pointless.
 */
export class Pace {
  #sliceEndMs = performance.now() + SLICE_MS;
  readonly #deadlineMs: number;
  readonly #gone: () => boolean;

  /** @param maxTimeMs 0 for no limit */
  constructor(maxTimeMs: number, gone: () => boolean) {
    this.#deadlineMs = maxTimeMs > 0 ? performance.now() + maxTimeMs : Number.POSITIVE_INFINITY;
    this.#gone = gone;
  }

  get due(): boolean {
    return performance.now() >= this.#sliceEndMs;
  }

  async rest(): Promise<void> {
    await setImmediate();
    const now = performance.now();
    if (now > this.#deadlineMs) throw new CommandError('MaxTimeMSExpired', 'operation exceeded time limit');
    if (this.#gone()) throw new CommandError('ClientDisconnect', 'the client has disconnected');
    this.#sliceEndMs = now + SLICE_MS;
  }
}
