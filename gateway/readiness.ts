import { parse } from 'graphql';
import { systemCaller } from '#core/caller.ts';
import { subgraphNames } from '#core/subgraph-names.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import type { SubgraphExecutors } from './router.ts';

const probes = {
  // Looking up a key that does not exist reaches the database, which every call needs.
  tenants: parse('{ _caller(keyHash: "") }', { noLocation: true }),
  other: parse('{ __typename }', { noLocation: true }),
};

async function isUp(name: string, executor: SubgraphExecutor, signal: AbortSignal): Promise<boolean> {
  const gaveUp = new Promise<false>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  // A subgraph of another process knows what it needs itself: its store and its shared state.
  if (executor.ready !== undefined) {
    // Any error: a subgraph that cannot be reached is not ready.
    return Promise.race([executor.ready(signal).catch(() => false), gaveUp]);
  }
  const check = executor
    .execute({
      document: name === 'tenants' ? probes.tenants : probes.other,
      caller: systemCaller,
      requestId: 'readiness',
      clientAddress: null,
      signal,
    })
    .then(
      (result) => !(Symbol.asyncIterator in result) && (result.errors?.length ?? 0) === 0,
      // Any error: a subgraph that cannot be reached is not ready.
      () => false,
    );
  return Promise.race([check, gaveUp]);
}

/**
 * Returns the function that resolves to the subgraphs that are not ready; to none when a call would be served. It calls every
 * subgraph, at most once in `everyMs` however often it is called itself.
 */
export function createReadinessCheck(
  executors: SubgraphExecutors,
  options: { readonly now: () => number; readonly everyMs?: number; readonly timeoutMs?: number },
): () => Promise<readonly string[]> {
  const { now, everyMs = 500, timeoutMs = 2_000 } = options;
  let checkedAtMs = Number.NEGATIVE_INFINITY;
  let check: Promise<readonly string[]> | undefined;
  const ask = async (): Promise<readonly string[]> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const present = subgraphNames.filter((name) => executors[name] !== undefined);
    const up = await Promise.all(
      present.map(async (name) => {
        const executor = executors[name];
        return executor !== undefined && (await isUp(name, executor, signal));
      }),
    );
    return present.filter((_, index) => up[index] !== true);
  };
  return () => {
    const atMs = now();
    if (check === undefined || atMs - checkedAtMs >= everyMs) {
      checkedAtMs = atMs;
      check = ask();
    }
    return check;
  };
}
