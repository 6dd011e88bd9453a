import { type Doc, doc, int32, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { WRITE_BATCH_MAX } from '../../wire/limits.ts';
import { toPlainNumber } from '../fields.ts';
import type { Request } from '../request.ts';
import { chooseLabels } from '../sessions/labels.ts';

/** The outcome of a statement that found nothing to do. */
export const NO_EFFECT = doc({ n: int32(0) });

/** The statements of one write command: done in order, outcomes counted, errors collected by index. */
export class Ordered {
  readonly #request: Request;
  readonly #ordered: boolean;
  readonly #errors: Doc[] = [];
  n = 0;
  modified = 0;
  readonly upserted: Doc[] = [];

  constructor(request: Request, count: number) {
    this.#request = request;
    this.#ordered = request.fields.boolean('ordered') ?? true;
    if (count < 1 || count > WRITE_BATCH_MAX) {
      throw new CommandError(
        'InvalidLength',
        `Write batch sizes must be between 1 and ${WRITE_BATCH_MAX}. Got ${count} operations.`,
      );
    }
  }

  /** @param work does a statement and returns its outcome: `n` and what an update has besides */
  async each<T>(items: readonly T[], work: (item: T, index: number) => Promise<Doc>): Promise<void> {
    const { pace } = this.#request;
    for (const [index, item] of items.entries()) {
      try {
        this.#count(this.#request.findOutcome(index) ?? (await work(item, index)), index);
      } catch (error) {
        this.#refused(error, index);
        if (this.#ordered || this.#request.transaction !== undefined) return;
      }
      if (pace.due) await pace.rest();
    }
  }

  reply(reply: Doc): Doc {
    if (this.#errors.length > 0) reply.set('writeErrors', this.#errors);
    return reply;
  }

  #count(outcome: Doc, index: number): void {
    this.n += toPlainNumber(outcome.get('n') ?? 0);
    this.modified += toPlainNumber(outcome.get('nModified') ?? 0);
    const id = outcome.get('upserted');
    if (id !== undefined) this.upserted.push(doc({ index: int32(index), _id: id }));
  }

  /** An error of one statement goes into the answer; one that fails the whole command is thrown on. */
  #refused(error: unknown, index: number): void {
    if (!(error instanceof CommandError) || WHOLE.has(error.code)) throw error;
    const { transaction } = this.#request;
    if (transaction !== undefined) {
      const labels = chooseLabels(error.code, { inTransaction: true, ending: false, retryable: false });
      if (labels.length > 0) throw error;
      transaction.end('aborted');
    }
    this.#errors.push(
      new Map<string, Value>([
        ['index', int32(index)],
        ['code', int32(error.code)],
        ...(error.details ?? doc({})),
        ['errmsg', error.message],
      ]),
    );
  }
}

/** Errors of the store itself, of the client's going away and of running out of time: no matter of one statement. */
const WHOLE = new Set([1, 50, 91, 96, 279, 14031, 11600]);
