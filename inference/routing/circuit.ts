import type { CircuitState } from '#core/graph-enums.generated.ts';

/** Consecutive failures that open a circuit. */
const failuresMax = 5;
/** How long it stays open at first; doubled by each failed trial. */
const openMsMin = 5_000;
/** Short enough that a provider gets its calls back soon after an outage, however long that was. */
const openMsMax = 15_000;
/** When to try again while a trial is in progress: its end is not known. */
const trialWaitMs = 1_000;
/** A trial that takes longer does not keep others out: its own client may make it slow, by reading or by requesting much. */
const trialMsMax = 30_000;

/** The permission for one call. */
interface Pass {
  readonly trial: boolean;
  readonly opening: number;
}

/**
 * Stops the calls of an AI model that fails. Open, it lets nothing through; after that time one call at a time, the
 * trial: its success closes the circuit, its failure opens it for twice the time; after 30 s another may begin. Calls that began before the circuit
 * opened prove nothing more about it when they fail.
 */
export class Circuit {
  readonly #now: () => number;
  readonly #onChange: (state: CircuitState, failures: number) => void;
  #failures = 0;
  #openUntilMs = 0;
  #openMs = openMsMin;
  /** How often it has opened. */
  #opening = 0;
  #trial: Pass | null = null;
  #trialFromMs = 0;

  constructor(now: () => number, onChange: (state: CircuitState, failures: number) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  get state(): CircuitState {
    if (this.#failures < failuresMax) return 'CLOSED';
    return this.#now() < this.#openUntilMs ? 'OPEN' : 'HALF_OPEN';
  }

  /** Consecutive failures. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until a call may enter: 0 now. */
  get waitMs(): number {
    if (this.#failures < failuresMax) return 0;
    const nowMs = this.#now();
    const ms = Math.max(0, this.#openUntilMs - nowMs);
    const isTried = this.#trial !== null && nowMs - this.#trialFromMs < trialMsMax;
    return ms === 0 && isTried ? trialWaitMs : ms;
  }

  /** Lets a call in; null: it may not be made. */
  enter(): Pass | null {
    if (this.waitMs > 0) return null;
    const trial = this.#failures >= failuresMax;
    const pass = { trial, opening: this.#opening };
    if (trial) {
      this.#trial = pass;
      this.#trialFromMs = this.#now();
      this.#onChange('HALF_OPEN', this.#failures);
    }
    return pass;
  }

  /** The call of `pass` has ended; null: its end states nothing about the provider. */
  leave(pass: Pass, succeeded: boolean | null): void {
    if (this.#trial === pass) this.#trial = null;
    if (succeeded === null) return;
    if (succeeded) this.#close();
    else if (pass.opening === this.#opening) this.#fail(pass.trial);
  }

  #close(): void {
    const changed = this.#failures >= failuresMax;
    this.#failures = 0;
    this.#openMs = openMsMin;
    this.#trial = null;
    if (changed) this.#onChange('CLOSED', 0);
  }

  #fail(trial: boolean): void {
    this.#failures += 1;
    if (this.#failures < failuresMax) return;
    if (trial) this.#openMs = Math.min(this.#openMs * 2, openMsMax);
    this.#openUntilMs = this.#now() + this.#openMs;
    this.#opening += 1;
    this.#onChange('OPEN', this.#failures);
  }
}
