import { waitAtMost } from '#core/time-limit.ts';
import { LocalLink, type LocalPort } from '#state/local/link.ts';
import { joinProcesses } from '#telemetry/metrics/join-processes.ts';

/** Metrics as text of OpenMetrics, with their end mark. */
export type CollectMetrics = () => Promise<string>;

type FirstCalls = { readonly join: CollectMetrics };
type WorkerCalls = { readonly collect: CollectMetrics };
type NoFunctions = Readonly<Record<never, () => void>>;

/** A worker that hangs must not keep the metrics of the others from being read. */
const collectMsMax = 2_000;

/** The metrics of all processes of a mesh on one machine, as its first process reads them. */
export class JoinedMetrics {
  readonly #workers = new Map<string, LocalLink<WorkerCalls, NoFunctions>>();
  #own: CollectMetrics | undefined;
  #collecting: Promise<string> | undefined;

  /** Sets how those of this process are read; what is returned reads those of all. */
  readonly join = (own: CollectMetrics): CollectMetrics => {
    this.#own = own;
    return this.#collect;
  };

  attach(port: LocalPort, number: number): void {
    const link = new LocalLink<WorkerCalls, NoFunctions>(port);
    const name = `worker-${number}`;
    link.serve({ join: this.#collect } satisfies FirstCalls, {});
    this.#workers.set(name, link);
    port.onClosed(() => {
      if (this.#workers.get(name) === link) this.#workers.delete(name);
    });
  }

  /** Reads at the same time share one collection. */
  readonly #collect: CollectMetrics = () => {
    this.#collecting ??= this.#collectAll().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  };

  async #collectAll(): Promise<string> {
    const texts = new Map<string, string>();
    const own = await this.#own?.();
    if (own !== undefined) texts.set('first', own);
    const collecting = [...this.#workers].map(async ([name, link]) => {
      texts.set(name, await link.call('collect'));
    });
    // Any error: a worker that has just died has no metrics.
    await waitAtMost(Promise.allSettled(collecting), collectMsMax);
    return joinProcesses(texts);
  }
}

/** For a worker: serves its metrics to the first process at the other end, and reads those of all from there. */
export function joinFromWorker(port: LocalPort): (own: CollectMetrics) => CollectMetrics {
  return (own) => {
    const link = new LocalLink<FirstCalls, NoFunctions>(port);
    link.serve({ collect: own } satisfies WorkerCalls, {});
    return () => link.call('join');
  };
}
