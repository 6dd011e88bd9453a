import type { Connection } from 'mongoose';
import { HeddleError, isErrorCode } from '#core/errors.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { CallMaker } from '#core/ledger-reach.ts';
import { OneAtATime } from '#core/one-at-a-time.ts';
import type { CallReach } from '#core/policies.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import type { CompletionData } from './completion.ts';
import { type ClosedInvocation, failureOfError } from './execution/outcome.ts';
import type { Running, RunningCompletion } from './execution/running.ts';
import type { CompletionResults } from './ledger/results.ts';
import { completionOfRow, type KeptCompletion } from './ledger/rows.ts';

const pollMsMin = 20;
const pollMsMax = 1_000;

function readMaker({ start: { caller, request } }: RunningCompletion): CallMaker {
  return { ...caller, endUserId: request.labels.endUserId };
}

/** The completion without what is kept beside it. */
function readKept(content: string): CompletionData {
  const { masks: _, ...completion } = parseJson(content) as KeptCompletion;
  return completion;
}

export interface CompletionReaderOptions {
  readonly connection: Connection;
  readonly now: () => number;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly results: CompletionResults;
  readonly running: Running;
}

/** Reads completions, whichever process runs or ran them. */
export class CompletionReader {
  readonly #options: CompletionReaderOptions;
  /** What one tenant holds in memory by reading several at once, whatever it requests at the same time. */
  readonly #reads = new OneAtATime();

  constructor(options: CompletionReaderOptions) {
    this.#options = options;
  }

  /** Those that there are and that the caller reaches, in any order. */
  async findMany(ids: readonly string[], reach: CallReach): Promise<CompletionData[]> {
    const { connection, running } = this.#options;
    const local = ids.flatMap((id) => running.get(id) ?? []);
    const elsewhere = ids.filter((id) => running.get(id) === undefined);
    const rows: InvocationRecord[] =
      elsewhere.length === 0
        ? []
        : await invocations(connection)
            .find({ _id: { $in: elsewhere } })
            .lean();
    return [
      ...local
        .filter((completion) => reach.sees(readMaker(completion)))
        .map((completion) => completion.running()),
      ...(await this.#stored(rows.filter((row) => row.kind === 'completion' && reach.sees(row)))),
    ];
  }

  /** Throws NOT_FOUND: there is none, or the caller may not read it. */
  async get(id: string, reach: CallReach): Promise<CompletionData> {
    const [found] = await this.findMany([id], reach);
    if (found === undefined) {
      throw new HeddleError('NOT_FOUND', 'There is no completion of this id that you may read.');
    }
    return found;
  }

  /** Waits for its end, at most so long, and returns what there is by then. */
  async outcome(
    id: string,
    reach: CallReach,
    waitMsMax: number,
    signal: AbortSignal,
  ): Promise<CompletionData> {
    const { running, now, delay } = this.#options;
    const local = running.get(id);
    if (local !== undefined && reach.sees(readMaker(local))) {
      return (await local.done).completion;
    }
    const untilMs = now() + waitMsMax;
    for (let pollMs = pollMsMin; ; pollMs = Math.min(pollMs * 2, pollMsMax)) {
      const found = await this.get(id, reach);
      if (found.status !== 'RUNNING' || now() >= untilMs || signal.aborted) return found;
      // Any error: the wait ends early when the client leaves, which is looked at above.
      await delay(pollMs, signal).catch(() => undefined);
    }
  }

  /** With their contents, where those are still kept. */
  async #stored(rows: readonly InvocationRecord[]): Promise<CompletionData[]> {
    const { results } = this.#options;
    const ended = rows.filter(({ status }) => status !== 'RUNNING').map(({ _id }) => _id);
    const read = () => results.find(ended);
    const readInTurn = () => this.#reads.run(rows[0]?.tenantId ?? '', read);
    const kept = ended.length === 0 ? null : await (ended.length === 1 ? read() : readInTurn());
    return rows.map((row) => {
      const content = kept?.get(row._id)?.content;
      return content === undefined ? completionOfRow(row) : readKept(content);
    });
  }
}

/** A completion read back, as it was returned when it ended. */
export function toClosedInvocation(completion: CompletionData): ClosedInvocation {
  const { error, id } = completion;
  if (error === null || !isErrorCode(error.code)) return { completion, failure: null };
  const { code, message, retryAfterMs } = error;
  const failure = failureOfError(
    new HeddleError(code, message, { extensions: { completionId: id, retryAfterMs } }),
  );
  return { completion, failure };
}
