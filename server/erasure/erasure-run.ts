import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { Eraser, ErasurePage, ErasureSubject } from '#mongo/eraser.ts';
import { erasureSteps, expiryStep, reportStep } from '#mongo/erasure-rules.ts';
import { type ErasureRecord, erasures } from '#mongo/erasures.ts';
import { findHoldAgainst } from '#mongo/legal-holds.ts';

/** Records of one collection that are erased at a time. */
const batchMax = 200;
/** Longer than a batch takes. */
const leaseMs = 60_000;
/** When it is looked again whether records are still in use. */
const heldForMs = 5_000;
/** When it is looked again whether a legal hold is still in force. */
const legalHoldMs = 60_000;

/** What continues erasures. */
export interface ErasureServices {
  readonly connection: Connection;
  readonly now: () => number;
  /** Aborted when the process stops: the erasure is left to others after the present batch. */
  readonly signal?: AbortSignal | undefined;
  /** The eraser of a step; undefined: another process runs its part. */
  readonly findEraser: (kind: ErasureRecord['kind'], step: string) => Promise<Eraser | undefined>;
  /** Makes the report of an erasure with nothing left. Done again it changes nothing. */
  readonly report: (record: ErasureRecord, save: SaveErasure) => Promise<void>;
}

/** Stores changes of the erasure that this process continues. */
export type SaveErasure = (
  set: Partial<ErasureRecord>,
  unset?: readonly (keyof ErasureRecord)[],
) => Promise<ErasureRecord>;

/** Another process has taken the erasure over. */
class LeaseLost extends Error {}

/** Of erasures that no process continues. */
export function isFree(now: Date): object {
  return { $or: [{ leasedUntil: null }, { leasedUntil: { $lte: now } }] };
}

/**
 * Continues an erasure as far as this process can: to its end, until it has to wait, or to a step of another part, and then it resolves
 * to true. Resolves at once where another process does. Where it rejects, any process continues it when the lease has ended.
 */
export async function continueErasure(id: string, services: ErasureServices): Promise<boolean> {
  const run = await ErasureRun.claim(id, services);
  try {
    return (await run?.continue()) ?? false;
  } catch (error) {
    if (error instanceof LeaseLost) return false;
    throw error;
  }
}

class ErasureRun {
  readonly #services: ErasureServices;
  readonly #holder: string;
  #record: ErasureRecord;

  private constructor(record: ErasureRecord, holder: string, services: ErasureServices) {
    this.#record = record;
    this.#holder = holder;
    this.#services = services;
  }

  static async claim(id: string, services: ErasureServices): Promise<ErasureRun | null> {
    const { connection, now } = services;
    const holder = randomUUID();
    const nowMs = now();
    const record = await erasures(connection)
      .findOneAndUpdate(
        { _id: id, status: 'RUNNING', dueAt: { $lte: new Date(nowMs) }, ...isFree(new Date(nowMs)) },
        { $set: { holder, leasedUntil: new Date(nowMs + leaseMs) } },
        { returnDocument: 'after' },
      )
      .lean<ErasureRecord>();
    return record === null ? null : new ErasureRun(record, holder, services);
  }

  /** Continues until there is nothing to do for this process. Whether there is for another. */
  async continue(): Promise<boolean> {
    const { findEraser, report, now, signal } = this.#services;
    for (;;) {
      if (signal?.aborted) {
        await this.#release({ dueAt: new Date(now()) });
        return false;
      }
      const { kind, step } = this.#record;
      // A hold that was placed after the erasure was requested.
      if ((await findHoldAgainst(this.#services.connection, this.#record)) !== null) {
        await this.#release({ dueAt: new Date(now() + legalHoldMs) });
        return false;
      }
      if (step === reportStep) {
        await report(this.#record, this.#save);
        return false;
      }
      if (step === expiryStep) {
        if (!(await this.#endRound())) return false;
        continue;
      }
      const eraser = await findEraser(kind, step);
      if (eraser === undefined) {
        await this.#release({ dueAt: new Date(now()) });
        return true;
      }
      if (!(await this.#continueStep(eraser))) return false;
    }
  }

  /** Erases a page of the step, or ends it. False: there is nothing to do now. */
  async #continueStep(eraser: Eraser): Promise<boolean> {
    const { batch, after, isDirty, counts } = this.#record;
    const subject: ErasureSubject = this.#record;
    if (batch !== undefined) {
      await eraser.erase(subject, batch.found);
      const erased = Object.entries(batch.found).map(([name, ids]) => [
        name,
        (counts[name] ?? 0) + ids.length,
      ]);
      const { next } = batch;
      await this.#save(
        { counts: { ...counts, ...Object.fromEntries(erased) }, after: next, isDirty: next !== null },
        ['batch'],
      );
      return true;
    }
    const page = await eraser.find(subject, after, batchMax);
    const quietUntil = this.#computeQuietUntil(page);
    const found = Object.fromEntries(Object.entries(page.found).filter(([, ids]) => ids.length > 0));
    if (Object.keys(found).length > 0) {
      await this.#save({ batch: { found, next: page.next }, quietUntil, isRoundDirty: true });
    } else if (page.next !== null || isDirty) {
      await this.#save({ after: page.next, isDirty: isDirty && page.next !== null, quietUntil });
    } else {
      return this.#endStep(eraser, quietUntil);
    }
    return true;
  }

  /** A whole pass has found nothing. */
  async #endStep(eraser: Eraser, quietUntil: Date): Promise<boolean> {
    if (await eraser.isHeld?.(this.#record)) {
      const dueAt = new Date(this.#services.now() + heldForMs);
      await this.#release({ after: null, isDirty: false, quietUntil, dueAt });
      return false;
    }
    await eraser.finish?.(this.#record, this.#record.counts);
    await this.#save({ step: this.#nextStep(), after: null, isDirty: false, quietUntil });
    return true;
  }

  /** Begins another round, or leaves the rounds behind. False: it is not time yet. */
  async #endRound(): Promise<boolean> {
    const { kind, quietUntil, isRoundDirty } = this.#record;
    if (quietUntil.getTime() > this.#services.now()) {
      await this.#release({ dueAt: quietUntil, isRoundDirty: true });
      return false;
    }
    const first = erasureSteps[kind][0]?.name ?? reportStep;
    await this.#save({ step: isRoundDirty ? first : this.#nextStep(), isRoundDirty: false });
    return true;
  }

  #nextStep(): string {
    const { kind, step } = this.#record;
    const at = erasureSteps[kind].findIndex(({ name }) => name === step);
    return erasureSteps[kind][at + 1]?.name ?? reportStep;
  }

  #computeQuietUntil({ quietUntil = new Date(0) }: ErasurePage): Date {
    return new Date(Math.max(quietUntil.getTime(), this.#record.quietUntil.getTime()));
  }

  readonly #save: SaveErasure = async (set, unset = []) => {
    const { connection, now } = this.#services;
    const lease = unset.includes('leasedUntil') ? {} : { leasedUntil: new Date(now() + leaseMs) };
    const $unset = Object.fromEntries(unset.map((field) => [field, 1]));
    const record = await erasures(connection)
      .findOneAndUpdate(
        { _id: this.#record._id, holder: this.#holder },
        { $set: { ...lease, ...set }, ...(unset.length > 0 && { $unset }) },
        { returnDocument: 'after' },
      )
      .lean<ErasureRecord>();
    if (record === null) throw new LeaseLost();
    this.#record = record;
    return record;
  };

  async #release(change: Partial<ErasureRecord>): Promise<void> {
    const { connection } = this.#services;
    const own = { _id: this.#record._id, holder: this.#holder };
    await erasures(connection).updateOne(own, { $set: change, $unset: { holder: 1, leasedUntil: 1 } });
  }
}

/** Frees the erasures of processes that were killed, for the one process that a database belongs to. */
export async function freeErasures(connection: Connection): Promise<void> {
  const held = { status: 'RUNNING', holder: { $exists: true } } as const;
  await erasures(connection).updateMany(held, { $unset: { holder: 1, leasedUntil: 1 } });
}
