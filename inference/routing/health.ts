import type { Logger } from 'pino';
import type { Catalog, CatalogSnapshot } from '#catalog/catalog.ts';
import type { CircuitState } from '#core/graph-enums.generated.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import { Circuit } from './circuit.ts';

/** What this process has seen of one AI model or provider lately. */
export interface Health {
  readonly circuit: CircuitState;
  readonly successRate: number | null;
  readonly latencyMsP50: number | null;
  readonly latencyMsP95: number | null;
  readonly timeToFirstTokenMsP50: number | null;
  readonly checkedAtMs: number | null;
}

export interface CallOutcome {
  /** REFUSED: the provider answered, and refused the credential or limited its rate. Its circuit does not count that. */
  readonly result: 'SUCCEEDED' | 'FAILED' | 'REFUSED';
  readonly latencyMs: number;
  readonly timeToFirstTokenMs: number | null;
  /** The time of an answer that was read as fast as it came; null for streams: their readers set the pace. */
  readonly wholeMs: number | null;
  readonly outputTokens: number;
  /** The wait that the provider requested when it failed; null: none. */
  readonly retryAfterMs: number | null;
}

/** What FASTEST compares: whole answers, or the time to a stream's first token. */
export type SpeedKind = 'WHOLE' | 'STREAM';

/**
 * Circuit, load and speed of every AI model called, and through them of their providers. Known to this process alone;
 * ids and plain numbers go in and out, so that an implementation may share them among processes.
 */
export interface HealthRegistry {
  /**
   * Counts a call that is chosen but has not begun, so that the next choice sees it, until the returned function is
   * called.
   */
  expect(modelId: string, providerId: string): () => void;
  /**
   * Begins a call. The returned function reports its end once; null: unknown. Returns null when no
   * call may be made: the circuit is open, or its one trial is another call.
   */
  begin(modelId: string, providerId: string): ((outcome: CallOutcome | null) => void) | null;
  /** Milliseconds until the circuit allows a call: 0 now. During a trial, when to try again. */
  openMs(modelId: string): number;
  /** Milliseconds that remain of the wait that the provider requested. */
  restMs(modelId: string): number;
  /** Consecutive failures of an AI model up to now. */
  failures(modelId: string): number;
  /** Calls chosen or in progress. */
  inFlight(modelId: string): number;
  /** How fast it was lately; null: no call succeeded in the last minute. */
  speedMs(modelId: string, of: SpeedKind): number | null;
  /** The slowest pace seen lately in milliseconds per output token; null: not known. */
  msPerToken(modelId: string): number | null;
  /** Counts that FASTEST would choose another target. Returns how often it would since the last call of this one. */
  passOver(modelId: string): number;
  provider(providerId: string): Health;
  /** The AI models whose circuit is not closed, and the providers that were called and have no AI model with a closed one. */
  listOpen(): { readonly modelIds: readonly string[]; readonly providerIds: readonly string[] };
}

const outcomesKept = 100;
const modelsMax = 10_000;
/** A provider that requests more is tried again all the same. */
const restMsMax = 600_000;
/** Of the slowest pace, what is left of it after each faster answer. */
const paceDecay = 0.9;
/** The time of a shorter answer is the wait for its first token, more than the pace of the others. */
const paceTokensMin = 20;

interface ModelState {
  readonly providerId: string;
  readonly circuit: Circuit;
  readonly outcomes: CallOutcome[];
  readonly whole: Speed;
  readonly firstToken: Speed;
  next: number;
  inFlight: number;
  restUntilMs: number;
  checkedAtMs: number | null;
  msPerToken: number | null;
  passedOver: number;
  /** Of the model that it was made for. */
  readonly createdAtMs: number | undefined;
}

export function createHealthRegistry(
  options: {
    readonly now?: () => number;
    readonly log?: Pick<Logger, 'warn'>;
    readonly observer?: Pick<InferenceObserver, 'circuitChanged'> | undefined;
    /** What was deleted from it is forgotten. */
    readonly catalog?: Pick<Catalog, 'snapshot'>;
  } = {},
): HealthRegistry {
  const now = options.now ?? Date.now;
  const states = new Map<string, ModelState>();

  let seen: CatalogSnapshot | undefined;

  /** Of models that are gone from the catalog, or were made anew, nothing is known. */
  function prune(): void {
    const snapshot = options.catalog?.snapshot();
    if (snapshot === undefined || snapshot === seen) return;
    seen = snapshot;
    for (const [id, { createdAtMs }] of states) {
      const model = snapshot.models.get(id);
      if (model === undefined || model.createdAtMs !== createdAtMs) states.delete(id);
    }
  }

  function find(modelId: string): ModelState | undefined {
    prune();
    return states.get(modelId);
  }

  function findState(modelId: string, providerId: string): ModelState {
    const known = find(modelId);
    if (known !== undefined) return known;
    if (states.size >= modelsMax) {
      for (const [id, { inFlight }] of states) {
        if (inFlight === 0) {
          states.delete(id);
          break;
        }
      }
    }
    const onChange = (circuit: CircuitState, failures: number) => {
      options.observer?.circuitChanged(modelId, providerId, circuit);
      options.log?.warn(
        { event: 'circuit_changed', modelId, providerId, circuit, failures },
        'a circuit changed',
      );
    };
    const state: ModelState = {
      providerId,
      circuit: new Circuit(now, onChange),
      outcomes: [],
      whole: new Speed(now),
      firstToken: new Speed(now),
      next: 0,
      inFlight: 0,
      restUntilMs: 0,
      checkedAtMs: null,
      msPerToken: null,
      passedOver: 0,
      createdAtMs: seen?.models.get(modelId)?.createdAtMs,
    };
    states.set(modelId, state);
    return state;
  }

  function record(state: ModelState, outcome: CallOutcome): void {
    const { result, timeToFirstTokenMs, wholeMs, outputTokens, retryAfterMs } = outcome;
    state.outcomes[state.next] = outcome;
    state.next = (state.next + 1) % outcomesKept;
    state.checkedAtMs = now();
    if (result === 'SUCCEEDED') {
      state.restUntilMs = 0;
      if (wholeMs !== null) state.whole.add(wholeMs);
      if (timeToFirstTokenMs !== null) state.firstToken.add(timeToFirstTokenMs);
      if (wholeMs !== null && outputTokens >= paceTokensMin) {
        state.msPerToken = Math.max(wholeMs / outputTokens, (state.msPerToken ?? 0) * paceDecay);
      }
    } else if (result === 'FAILED' && retryAfterMs !== null) {
      state.restUntilMs = Math.max(state.restUntilMs, now() + Math.min(retryAfterMs, restMsMax));
    }
  }

  return {
    expect(modelId, providerId) {
      const state = findState(modelId, providerId);
      let expected = 1;
      state.inFlight += expected;
      return () => {
        state.inFlight -= expected;
        expected = 0;
      };
    },
    begin(modelId, providerId) {
      const state = findState(modelId, providerId);
      const pass = state.circuit.enter();
      if (pass === null) return null;
      state.inFlight += 1;
      state.passedOver = 0;
      return (outcome) => {
        state.inFlight -= 1;
        if (outcome !== null) record(state, outcome);
        const result = outcome?.result;
        state.circuit.leave(
          pass,
          result === undefined || result === 'REFUSED' ? null : result === 'SUCCEEDED',
        );
      };
    },
    openMs: (modelId) => find(modelId)?.circuit.waitMs ?? 0,
    restMs: (modelId) => Math.max(0, (find(modelId)?.restUntilMs ?? 0) - now()),
    failures: (modelId) => find(modelId)?.circuit.failures ?? 0,
    inFlight: (modelId) => find(modelId)?.inFlight ?? 0,
    speedMs(modelId, of) {
      const state = find(modelId);
      if (state === undefined) return null;
      return of === 'WHOLE' ? state.whole.value : state.firstToken.value;
    },
    msPerToken: (modelId) => find(modelId)?.msPerToken ?? null,
    passOver(modelId) {
      const state = find(modelId);
      if (state === undefined) return 0;
      state.passedOver += 1;
      return state.passedOver;
    },
    provider(providerId) {
      prune();
      const ofProvider = [...states.values()].filter((state) => state.providerId === providerId);
      const outcomes = ofProvider.flatMap((state) => state.outcomes);
      const good = outcomes.filter(({ result }) => result === 'SUCCEEDED');
      const latencies = good.map(({ latencyMs }) => latencyMs);
      const called = ofProvider.filter(({ checkedAtMs }) => checkedAtMs !== null);
      const circuits = called.map(({ circuit }) => circuit.state);
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
    listOpen() {
      prune();
      const called = [...states].filter(([, { checkedAtMs }]) => checkedAtMs !== null);
      const open = called.filter(([, { circuit }]) => circuit.state !== 'CLOSED');
      if (open.length === 0) return { modelIds: [], providerIds: [] };
      const working = new Set(
        called.filter(([, { circuit }]) => circuit.state === 'CLOSED').map(([, state]) => state.providerId),
      );
      const failing = new Set(open.map(([, { providerId }]) => providerId));
      return { modelIds: open.map(([id]) => id), providerIds: [...failing.difference(working)] };
    },
  };
}

/** The smallest value that a share of the values does not exceed; null of none. */
function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

/** The weight of the newest sample: a few calls are enough to notice that a provider has become faster or slower. */
const newestShare = 0.3;
const keptMs = 60_000;

/** A moving average of durations that is forgotten when it is not renewed within a minute. */
export class Speed {
  readonly #now: () => number;
  #average = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds; null without a sample of the last minute. */
  get value(): number | null {
    return this.#now() - this.#atMs > keptMs ? null : this.#average;
  }

  add(ms: number): void {
    const before = this.value;
    this.#average = before === null ? ms : before + (ms - before) * newestShare;
    this.#atMs = this.#now();
  }
}
