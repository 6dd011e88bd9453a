import { randomUUID } from 'node:crypto';
import { HeddleError } from '#core/errors.ts';
import { toJobEvent } from '#mongo/finished-jobs.ts';
import { usageExportParts } from '#mongo/usage-export-parts.ts';
import { type UsageExportRecord, usageExports } from '#mongo/usage-exports.ts';
import { readAlertTimeMs } from '../alerts/deps.ts';
import type { UsageDeps } from '../deps.ts';
import { type ExportBounds, type ExportStep, exportBounds, writeStep } from './write-step.ts';

type ExportDeps = Pick<UsageDeps, 'connection' | 'events' | 'log' | 'now'> & {
  /** Left out: the usual ones. */
  readonly bounds?: ExportBounds;
};

/** How long an export belongs to a process after each of its steps. */
const leaseMs = 2 * 60_000;
/** Processes that an export is continued by at most: one that none of them ends fails. */
const runsMax = 10;
/** How often a process looks for exports that others have left. */
const lookEveryMs = 10_000;

const durable = { w: 'majority', j: true } as const;

/** Continues the exports that no process continues, each up to its end. Returns how many there were. */
export async function continueExports(deps: ExportDeps, signal?: AbortSignal): Promise<number> {
  for (let count = 0; ; count += 1) {
    const claimed = signal?.aborted === true ? null : await claimExport(deps);
    if (claimed === null) return count;
    try {
      await continueExport(claimed, deps, signal);
    } catch (err) {
      deps.log.warn({ err, exportId: claimed._id }, 'an export was interrupted and is continued later');
    }
  }
}

/** Takes the export that waits longest: no other process does before the lease ends. */
async function claimExport(deps: ExportDeps): Promise<UsageExportRecord | null> {
  const nowMs = await readAlertTimeMs(deps);
  const records = usageExports(deps.connection);
  const due = await records
    .findOne({ status: 'RUNNING', leaseUntil: { $lte: new Date(nowMs) } })
    .sort({ leaseUntil: 1 })
    .lean();
  if (due === null) return null;
  const { _id, leaseUntil, parts } = due;
  return records
    .findOneAndUpdate(
      { _id, leaseUntil, parts },
      {
        $set: { leaseUntil: new Date(nowMs + leaseMs) },
        $push: { runs: { id: randomUUID(), firstPart: parts } },
      },
      { returnDocument: 'after', writeConcern: durable },
    )
    .lean();
}

/** Writes the file from where it is; ends early where another process has taken it over, or this one stops. */
async function continueExport(
  claimed: UsageExportRecord,
  deps: ExportDeps,
  signal: AbortSignal | undefined,
): Promise<void> {
  let record: UsageExportRecord | null = claimed;
  if (record.runs.length > runsMax) {
    await finish(record, deps, new HeddleError('INTERNAL', 'The export was interrupted too often.'));
    return;
  }
  while (record !== null && record.until < record.to) {
    if (signal?.aborted === true) {
      await change(record, deps, { leaseUntil: new Date(await readAlertTimeMs(deps)) });
      return;
    }
    const step = await tryStep(record, deps);
    if (step instanceof HeddleError) {
      await finish(record, deps, step);
      return;
    }
    const leaseUntil = new Date((await readAlertTimeMs(deps)) + leaseMs);
    record = await change(record, deps, { ...step, leaseUntil });
    if (record === null) await removeParts(claimed, deps);
  }
  if (record !== null) await finish(record, deps, null);
}

/** The error of a file that is too large. */
async function tryStep(
  record: UsageExportRecord,
  { connection, bounds = exportBounds }: ExportDeps,
): Promise<ExportStep | HeddleError> {
  try {
    return await writeStep(record, connection, bounds);
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'BAD_USER_INPUT') return error;
    throw error;
  }
}

async function finish(
  record: UsageExportRecord,
  deps: ExportDeps,
  failure: HeddleError | null,
): Promise<void> {
  const { _id, tenantId, createdAt } = record;
  const status = failure === null ? 'SUCCEEDED' : 'FAILED';
  const changed = {
    status,
    errorCode: failure?.code ?? null,
    error: failure?.message ?? null,
    finishedAt: new Date(await readAlertTimeMs(deps)),
  } as const;
  await deps.events.withChange(
    toJobEvent({ job: 'USAGE_EXPORT', id: _id, tenantId, startedAt: createdAt, status }),
    { collection: 'usage_exports', id: _id, by: 'STAMP' },
    (eventId) => change(record, deps, { ...changed, eventId }),
  );
}

/** Null: another process has taken it over, or it was deleted. */
function change(
  { _id, leaseUntil }: UsageExportRecord,
  { connection }: Pick<ExportDeps, 'connection'>,
  changed: Partial<UsageExportRecord>,
): Promise<UsageExportRecord | null> {
  return usageExports(connection)
    .findOneAndUpdate(
      { _id, leaseUntil, status: 'RUNNING' },
      { $set: changed },
      { returnDocument: 'after', writeConcern: durable },
    )
    .lean()
    .exec();
}

/** Of an export that was deleted while its parts were written, none is left. */
async function removeParts(
  { _id }: UsageExportRecord,
  { connection }: Pick<ExportDeps, 'connection'>,
): Promise<void> {
  if ((await usageExports(connection).exists({ _id })) === null)
    await usageExportParts(connection).deleteMany({ exportId: _id });
}

/** Continues exports: those of this process at once, those that others have left within ten seconds after their lease. */
export class ExportRunner implements AsyncDisposable {
  readonly #deps: ExportDeps;
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #isWoken = false;

  constructor(deps: ExportDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => this.wake(), lookEveryMs).unref();
  }

  /** Looks for exports now. */
  wake(): void {
    this.#isWoken = true;
    this.#running ??= this.#look()
      .catch((err: unknown) => this.#deps.log.warn({ err }, 'exports could not be continued'))
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#isWoken && !signal.aborted) {
      this.#isWoken = false;
      await continueExports(this.#deps, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#running;
  }
}
