import type { SubgraphName } from '#core/subgraph-names.ts';
import type { Eraser, Erasers } from '#mongo/eraser.ts';
import { erasureSteps } from '#mongo/erasure-rules.ts';
import { erasures } from '#mongo/erasures.ts';
import type { SubgraphParts } from '../subgraph-modules.ts';
import { continueErasure, type ErasureServices, freeErasures, isFree } from './erasure-run.ts';
import { reportErasure } from './report-erasure.ts';

/** How often a process looks for erasures without a notice. */
const lookEveryMs = 10_000;
/** Erasures that one look finds. */
const dueMax = 100;

type ErasureParts = Pick<
  SubgraphParts,
  'connection' | 'bus' | 'log' | 'audit' | 'events' | 'isAlone' | 'secrets'
>;

export interface ErasingOptions {
  /** The subgraphs of this process. */
  readonly names: readonly SubgraphName[];
  readonly now?: () => number;
  /** Aborted when the process stops. */
  readonly signal?: AbortSignal;
}

/** The code of each part is loaded when an erasure comes to it. */
const modules: Readonly<Partial<Record<SubgraphName, (parts: ErasureParts) => Promise<Erasers>>>> = {
  tenants: async (parts) =>
    (await import('#subgraphs/tenants/erasure/erasers.ts')).createTenantsErasers(parts),
  models: async (parts) => (await import('#subgraphs/models/erasers.ts')).createModelsErasers(parts),
  prompts: async (parts) => (await import('#subgraphs/prompts/erasers.ts')).createPromptsErasers(parts),
  usage: async (parts) => (await import('#subgraphs/usage/erasers.ts')).createUsageErasers(parts),
  inference: async (parts) => (await import('#subgraphs/inference/erasers.ts')).createInferenceErasers(parts),
};

/** Continues erasures whose steps are of these subgraphs, in one process of all at a time, until it is disposed: then after the present batch. */
export async function keepErasing(parts: ErasureParts, options: ErasingOptions): Promise<AsyncDisposable> {
  const { connection, bus, log, isAlone } = parts;
  if (isAlone) await freeErasures(connection);
  let running: Promise<void> | undefined;
  let isWoken = false;
  const stopping = new AbortController();
  const look = async () => {
    do {
      isWoken = false;
      await continueErasures(parts, { ...options, signal: stopping.signal });
    } while (isWoken && !stopping.signal.aborted);
  };
  const wake = () => {
    isWoken = true;
    running ??= look()
      .catch((err: unknown) => log.warn({ err }, 'erasures could not be continued'))
      .finally(() => {
        running = undefined;
      });
  };
  const subscription = await bus.subscribe('erasure.due', wake);
  const timer = setInterval(wake, lookEveryMs).unref();
  wake();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stopping.abort();
      await subscription[Symbol.asyncDispose]();
      await running;
    },
  };
}

/** Continues the erasures that are due as far as this process can. */
export async function continueErasures(
  parts: ErasureParts,
  { names, now = Date.now, signal }: ErasingOptions,
): Promise<void> {
  const { connection, bus, log } = parts;
  const findEraser = createEraserFinder(parts, names);
  const report: ErasureServices['report'] = (record, save) => reportErasure(record, save, { ...parts, now });
  const ownSteps = Object.values(erasureSteps).flatMap((steps) =>
    steps.filter(({ part }) => names.includes(part)).map(({ name }) => name),
  );
  const at = new Date(now());
  const due = { status: 'RUNNING', dueAt: { $lte: at }, step: { $in: ownSteps }, ...isFree(at) } as const;
  const found = await erasures(connection).find(due, { _id: 1 }).sort({ dueAt: 1 }).limit(dueMax).lean();
  let isHandedOver = false;
  for (const { _id } of found) {
    if (signal?.aborted) return;
    try {
      if (await continueErasure(_id, { connection, now, signal, findEraser, report })) isHandedOver = true;
    } catch (err) {
      log.warn({ err, erasureId: _id }, 'an erasure was interrupted and is continued later');
    }
  }
  if (isHandedOver) await bus.publish('erasure.due', {});
}

function createEraserFinder(
  parts: ErasureParts,
  names: readonly SubgraphName[],
): ErasureServices['findEraser'] {
  const loaded = new Map<SubgraphName, Promise<Erasers>>();
  return async (kind, step): Promise<Eraser | undefined> => {
    const part = erasureSteps[kind].find(({ name }) => name === step)?.part;
    const load = part && modules[part];
    if (part === undefined || load === undefined || !names.includes(part)) return undefined;
    const erasers = loaded.get(part) ?? load(parts);
    loaded.set(part, erasers);
    return (await erasers)[kind][step];
  };
}
