import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Catalog } from '#catalog/catalog.ts';
import { isDuplicateKey } from '#core/input.ts';
import { keepRunning } from '#core/keep-running.ts';
import type { EventLog, NewEvent } from '#mongo/events.ts';
import { type OutageRecord, type OutageTurn, outages } from '#mongo/outages.ts';
import { readStoreTimeMs } from '#mongo/store-time.ts';
import type { HealthRegistry } from './health.ts';

/** Shorter than a circuit stays open at least, so that none is missed. */
const lookEveryMs = 2_000;
/** How often a process states that an outage lasts, and looks for those that are over. */
const renewEveryMs = 20_000;
/** An outage is over so long after the last process has found it to last: what opens and closes again and again is one. */
const quietMs = 60_000;
const keptMs = 86_400_000;
/** Outages that one look states, ends or publishes. */
const pageMax = 500;

const types = {
  CIRCUIT: { STARTED: 'circuit.opened', ENDED: 'circuit.closed' },
  PROVIDER: { STARTED: 'provider.down', ENDED: 'provider.up' },
} as const satisfies Record<OutageRecord['kind'], Record<OutageTurn, NewEvent['type']>>;

export interface OutagesOptions {
  readonly connection: Connection;
  readonly events: Pick<EventLog, 'record'>;
  readonly catalog: Pick<Catalog, 'snapshot'>;
  readonly health: Pick<HealthRegistry, 'listOpen'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Absent: the clock of the database. */
  readonly now?: (() => number) | undefined;
}

type Open = Pick<OutageRecord, 'kind' | 'subject' | 'providerId' | 'tenantId'>;

/**
 * Reports open circuits as the events `circuit.opened` and `circuit.closed`, and providers none of whose called AI models has a closed one as
 * `provider.down` and `provider.up`: each once, whatever the number of processes, also where one is killed. Calls are not involved: it looks at
 * the circuits of this process every two seconds.
 */
export class Outages {
  readonly #options: OutagesOptions;
  /** When this process has last stated that each lasts, by its own clock. */
  readonly #stated = new Map<string, number>();
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(options: OutagesOptions) {
    this.#options = options;
  }

  /** States what is open here; now and then ends what is open nowhere, and publishes what killed processes have not. */
  async look(): Promise<void> {
    const open = new Map(this.#listOpen().map((one) => [toKey(one), one]));
    for (const key of this.#stated.keys()) if (!open.has(key)) this.#stated.delete(key);
    const localMs = this.#options.now?.() ?? performance.now();
    const due = [...open].filter(([key]) => localMs - (this.#stated.get(key) ?? -Infinity) >= renewEveryMs);
    const isSweepDue = localMs - this.#sweptMs >= renewEveryMs;
    if (due.length === 0 && !isSweepDue) return;
    const nowMs = this.#options.now?.() ?? (await readStoreTimeMs(this.#options.connection));
    for (const [key, one] of due.slice(0, pageMax)) {
      await this.#state(key, one, nowMs);
      this.#stated.set(key, localMs);
    }
    if (!isSweepDue) return;
    await this.#endPast(nowMs);
    await this.#publishLeft();
    this.#sweptMs = localMs;
  }

  /** What is open in this process, of what is in the catalog. */
  #listOpen(): readonly Open[] {
    const { health, catalog } = this.#options;
    const { models, providers } = catalog.snapshot();
    const { modelIds, providerIds } = health.listOpen();
    return [
      ...modelIds.flatMap((subject): Open[] => {
        const provider = models.get(subject)?.provider;
        if (provider === undefined) return [];
        return [{ kind: 'CIRCUIT', subject, providerId: provider.id, tenantId: provider.tenantId }];
      }),
      ...providerIds.flatMap((subject): Open[] => {
        const provider = providers.get(subject);
        if (provider === undefined) return [];
        return [{ kind: 'PROVIDER', subject, providerId: subject, tenantId: provider.tenantId }];
      }),
    ];
  }

  async #state(openKey: string, open: Open, nowMs: number): Promise<void> {
    const records = outages(this.#options.connection);
    const until = new Date(nowMs + quietMs);
    const { matchedCount } = await records.updateOne({ openKey }, { $max: { until } });
    if (matchedCount > 0) return;
    const outage: OutageRecord = {
      ...{ _id: randomUUID(), ...open, openKey, until },
      ...{ startedAt: new Date(nowMs), endedAt: null, unpublished: ['STARTED'] },
    };
    try {
      await records.create({ ...outage });
    } catch (error) {
      // Another process has found it at the same time.
      if (!isDuplicateKey(error)) throw error;
      return;
    }
    await this.#publish(outage);
  }

  async #endPast(nowMs: number): Promise<void> {
    const records = outages(this.#options.connection);
    const past = { openKey: { $exists: true }, until: { $lt: new Date(nowMs) } };
    for (const { _id } of await records.find(past, { _id: 1 }).sort({ until: 1 }).limit(pageMax).lean()) {
      await records.updateOne(
        { _id, ...past },
        {
          $set: { endedAt: new Date(nowMs), expiresAt: new Date(nowMs + keptMs) },
          $unset: { openKey: 1 },
          $push: { unpublished: 'ENDED' },
        },
      );
    }
  }

  async #publishLeft(): Promise<void> {
    const left = await outages(this.#options.connection)
      .find({ unpublished: { $in: ['STARTED', 'ENDED'] } })
      .sort({ startedAt: 1, _id: 1 })
      .limit(pageMax)
      .lean();
    for (const outage of left) await this.#publish(outage);
  }

  /** Each turn once: its event has an id of its own. */
  async #publish(outage: OutageRecord): Promise<void> {
    const { connection, events } = this.#options;
    const { _id, unpublished } = outage;
    for (const turn of unpublished) {
      await events.record(toEvent(outage, turn), `outage:${_id}:${turn}`);
      await outages(connection).updateOne({ _id }, { $pull: { unpublished: turn } });
    }
  }
}

function toKey({ kind, subject }: Open): string {
  return `${kind} ${subject}`;
}

function toEvent(
  { kind, subject, providerId, tenantId, startedAt, endedAt }: OutageRecord,
  turn: OutageTurn,
): NewEvent {
  const { [turn]: type } = types[kind];
  const data = {
    ...(kind === 'CIRCUIT' ? { providerId } : {}),
    startedAt: startedAt.toISOString(),
    ...(turn === 'ENDED' ? { endedAt: endedAt?.toISOString() ?? null } : {}),
  };
  return { type, tenantId, subject, data };
}

/** Looks every two seconds until it is disposed; a look that fails is logged, and the next one makes up for it. */
export function keepReportingOutages(options: OutagesOptions): AsyncDisposable {
  const reports = new Outages(options);
  return keepRunning(
    lookEveryMs,
    () => reports.look(),
    (err) => options.log.warn({ err }, 'open circuits could not be reported yet'),
  );
}
