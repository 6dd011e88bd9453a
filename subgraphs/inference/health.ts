/** What this process has seen of one AI model or provider lately. */
export interface Health {
  readonly circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly successRate: number | null;
  readonly latencyMsP50: number | null;
  readonly latencyMsP95: number | null;
  readonly timeToFirstTokenMsP50: number | null;
  readonly checkedAtMs: number | null;
}

export interface CallOutcome {
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly timeToFirstTokenMs: number | null;
}

/** Circuit and statistics of every AI model called, and through them of their providers. */
export interface HealthRegistry {
  /** A call begins; the returned function says once how it ended, null: nothing can be said (it was cancelled). */
  begin(modelId: string, providerId: string): (outcome: CallOutcome | null) => void;
  /** True while it must not be asked: its circuit is open and no trial is due, or its one trial is under way. */
  isOpen(modelId: string): boolean;
  /** Calls running now. */
  inFlight(modelId: string): number;
  /** The median latency of its last calls; null: none yet. */
  latencyMs(modelId: string): number | null;
  provider(providerId: string): Health;
}

/** Consecutive failures that open a circuit. */
const failuresMax = 5;
/** How long it stays open at first; doubled each time the trial fails. */
const openMsMin = 5_000;
const openMsMax = 60_000;
const outcomesKept = 100;
const modelsMax = 10_000;

interface ModelState {
  readonly providerId: string;
  readonly outcomes: CallOutcome[];
  next: number;
  inFlight: number;
  failures: number;
  openUntilMs: number;
  openMs: number;
  trial: boolean;
  checkedAtMs: number | null;
  median: number | null;
}

export function createHealthRegistry(options: { readonly now?: () => number } = {}): HealthRegistry {
  const now = options.now ?? Date.now;
  const states = new Map<string, ModelState>();

  function stateOf(modelId: string, providerId: string): ModelState {
    const known = states.get(modelId);
    if (known !== undefined) return known;
    if (states.size >= modelsMax) {
      for (const [id, { inFlight }] of states) {
        if (inFlight === 0) {
          states.delete(id);
          break;
        }
      }
    }
    const state: ModelState = {
      providerId,
      outcomes: [],
      next: 0,
      inFlight: 0,
      failures: 0,
      openUntilMs: 0,
      openMs: openMsMin,
      trial: false,
      checkedAtMs: null,
      median: null,
    };
    states.set(modelId, state);
    return state;
  }

  function record(state: ModelState, outcome: CallOutcome): void {
    state.outcomes[state.next] = outcome;
    state.next = (state.next + 1) % outcomesKept;
    state.checkedAtMs = now();
    state.median = null;
    if (outcome.ok) {
      state.failures = 0;
      state.openMs = openMsMin;
      state.openUntilMs = 0;
      return;
    }
    state.failures += 1;
    if (state.failures < failuresMax) return;
    state.openUntilMs = now() + state.openMs;
    state.openMs = Math.min(state.openMs * 2, openMsMax);
  }

  function circuit(state: ModelState): Health['circuit'] {
    if (state.failures < failuresMax) return 'CLOSED';
    return now() < state.openUntilMs ? 'OPEN' : 'HALF_OPEN';
  }

  return {
    begin(modelId, providerId) {
      const state = stateOf(modelId, providerId);
      state.inFlight += 1;
      const trial = circuit(state) === 'HALF_OPEN' && !state.trial;
      if (trial) state.trial = true;
      return (outcome) => {
        state.inFlight -= 1;
        if (trial) state.trial = false;
        if (outcome !== null) record(state, outcome);
      };
    },
    isOpen(modelId) {
      const state = states.get(modelId);
      if (state === undefined || state.failures < failuresMax) return false;
      return now() < state.openUntilMs || state.trial;
    },
    inFlight: (modelId) => states.get(modelId)?.inFlight ?? 0,
    latencyMs(modelId) {
      const state = states.get(modelId);
      if (state === undefined) return null;
      state.median ??= percentile(
        state.outcomes.filter(({ ok }) => ok).map(({ latencyMs }) => latencyMs),
        0.5,
      );
      return state.median;
    },
    provider(providerId) {
      const ofProvider = [...states.values()].filter((state) => state.providerId === providerId);
      const outcomes = ofProvider.flatMap((state) => state.outcomes);
      const good = outcomes.filter(({ ok }) => ok);
      const latencies = good.map(({ latencyMs }) => latencyMs);
      const called = ofProvider.filter(({ checkedAtMs }) => checkedAtMs !== null);
      const circuits = called.map(circuit);
      return {
        circuit:
          circuits.length === 0 || circuits.includes('CLOSED')
            ? 'CLOSED'
            : circuits.includes('HALF_OPEN')
              ? 'HALF_OPEN'
              : 'OPEN',
        successRate: outcomes.length === 0 ? null : good.length / outcomes.length,
        latencyMsP50: percentile(latencies, 0.5),
        latencyMsP95: percentile(latencies, 0.95),
        timeToFirstTokenMsP50: percentile(
          good.flatMap(({ timeToFirstTokenMs }) => (timeToFirstTokenMs === null ? [] : [timeToFirstTokenMs])),
          0.5,
        ),
        checkedAtMs:
          called.length === 0 ? null : Math.max(...called.map(({ checkedAtMs }) => checkedAtMs ?? 0)),
      };
    },
  };
}

/** The smallest value that a share of the values does not exceed; null of none. */
function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
