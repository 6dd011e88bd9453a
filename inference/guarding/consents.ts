import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { limitEntries } from '#core/cache-entries.ts';
import type { Caller } from '#core/caller.ts';
import { listPurposes, withoutConsented } from '#guardrails/pipeline/consented-rules.ts';
import type { GuardrailPlan } from '#guardrails/pipeline/policy.ts';
import type { RunContext } from '#guardrails/pipeline/run.ts';
import { type ConsentRecord, consents, readConsentExpiry } from '#mongo/consents.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { ConsentSources } from './remote/consent-sources.ts';

/** The tenant, its regions and the end user of a call, for the rules that look at it, and how those of them that are REMOTE reach out. */
export type CallParty = Pick<
  RunContext,
  'tenantId' | 'allowedRegions' | 'endUserId' | 'hasConsent' | 'models' | 'verdicts'
>;

type PartyCaller = Pick<Caller, 'tenantId' | 'allowedRegions'>;

/** End users whose consents are remembered, and how long: a process whose bus has failed sees a withdrawal by then. */
const endUsersMax = 10_000;
const rememberedMs = 5_000;

type Found = Pick<
  ConsentRecord,
  'purposes' | 'expiresAt' | 'purposesExpireAt' | 'withdrawn' | 'withdrawnAll'
> | null;

/** What is called for consents that the mesh has no record of. */
type Sources = Pick<ConsentSources, 'grants' | 'forget'>;

/** Whether there is consent to a purpose; null: the mesh has no record of that. */
type OwnConsent = (purpose: string) => boolean | null;

/** What is read of a consent. */
const consentFields = { purposes: 1, expiresAt: 1, purposesExpireAt: 1, withdrawn: 1, withdrawnAll: 1 };

type HasConsent = (purpose: string) => Promise<boolean>;

export interface ConsentServices {
  readonly connection: Connection;
  readonly bus: Pick<Bus, 'subscribe'>;
  /** Left out: no other is called. */
  readonly sources?: Sources;
  readonly log: Pick<Logger, 'warn'>;
  readonly now: () => number;
}

/** What end users have consented to, as calls need it: read when a rule depends on it, and remembered for seconds. */
export class Consents implements AsyncDisposable {
  readonly #services: ConsentServices;
  readonly #found = new LRUCache<string, { readonly atMs: number; readonly found: Promise<Found> }>({
    ...limitEntries(endUsersMax),
  });
  #subscription: AsyncDisposable | null = null;

  private constructor(services: ConsentServices) {
    this.#services = services;
  }

  static async open(services: ConsentServices): Promise<Consents> {
    const opened = new Consents(services);
    opened.#subscription = await services.bus.subscribe('consents.changed', (endUser) =>
      opened.#forget(endUser),
    );
    return opened;
  }

  /** The tenant and the end user of a call, with the consent as it is when a rule first depends on it. */
  of(caller: PartyCaller, endUserId: string | null): ConsentingParty {
    const { log } = this.#services;
    return new ConsentingParty(caller, endUserId, () => this.#read(caller, endUserId), log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]();
    this.#found.clear();
  }

  /** What answers for one call: each purpose is requested once. */
  async #read({ tenantId, allowedRegions }: PartyCaller, endUserId: string | null): Promise<HasConsent> {
    if (tenantId === null || endUserId === null) return async () => false;
    const own = this.#readOwn(await this.#find(tenantId, endUserId));
    const { sources } = this.#services;
    const received = new Map<string, Promise<boolean>>();
    return async (purpose) => {
      const known = own(purpose);
      if (known !== null) return known;
      if (sources === undefined) return false;
      const granted =
        received.get(purpose) ?? sources.grants({ tenantId, endUserId, purpose, allowedRegions });
      received.set(purpose, granted);
      return granted;
    };
  }

  #readOwn(consent: Found): OwnConsent {
    if (consent === null) return () => null;
    const { purposes, withdrawn = [], withdrawnAll = false } = consent;
    const expiresAt = readConsentExpiry(consent);
    const isOver = expiresAt !== null && expiresAt.getTime() <= this.#services.now();
    return (purpose) => {
      if (!isOver && purposes.includes(purpose)) return true;
      return withdrawnAll || withdrawn.includes(purpose) ? false : null;
    };
  }

  #find(tenantId: string, endUserId: string): Promise<Found> {
    const key = toKey(tenantId, endUserId);
    const atMs = this.#services.now();
    const remembered = this.#found.get(key);
    if (remembered !== undefined && atMs - remembered.atMs < rememberedMs) return remembered.found;
    const found = consents(this.#services.connection)
      .findOne({ tenantId, endUserId }, consentFields)
      .lean<Found>()
      .exec();
    const entry = { atMs, found };
    this.#found.set(key, entry);
    // Any error: whoever waits receives it; the next call reads again.
    found.catch(() => {
      if (this.#found.peek(key) === entry) this.#found.delete(key);
    });
    return found;
  }

  #forget({ tenantId, endUserId }: { readonly tenantId: string; readonly endUserId: string | null }): void {
    this.#services.sources?.forget({ tenantId, endUserId });
    if (endUserId !== null) {
      this.#found.delete(toKey(tenantId, endUserId));
      return;
    }
    const ofTenant = toKey(tenantId, '');
    for (const key of [...this.#found.keys()]) if (key.startsWith(ofTenant)) this.#found.delete(key);
  }
}

/** The party of one call. Its consent is read once. */
export class ConsentingParty implements CallParty {
  readonly tenantId: string | null;
  readonly allowedRegions: readonly string[] | null;
  readonly endUserId: string | null;
  readonly #read: () => Promise<HasConsent>;
  readonly #log: Pick<Logger, 'warn'>;
  #consent: Promise<HasConsent> | undefined;

  constructor(
    { tenantId, allowedRegions }: PartyCaller,
    endUserId: string | null,
    read: () => Promise<HasConsent>,
    log: Pick<Logger, 'warn'>,
  ) {
    this.tenantId = tenantId;
    this.allowedRegions = allowedRegions;
    this.endUserId = endUserId;
    this.#read = read;
    this.#log = log;
  }

  readonly hasConsent = async (purpose: string): Promise<boolean> => (await this.#readOnce())(purpose);

  /** The plan as it binds this call: without the rules that do not look with its consent. */
  bind(plan: GuardrailPlan): GuardrailPlan | Promise<GuardrailPlan> {
    const mayDiffer = this.endUserId !== null && listPurposes(plan).length > 0;
    return mayDiffer ? this.#bind(plan) : plan;
  }

  async #bind(plan: GuardrailPlan): Promise<GuardrailPlan> {
    try {
      const hasConsent = await this.#readOnce();
      const purposes = listPurposes(plan);
      const given = await Promise.all(purposes.map(hasConsent));
      return withoutConsented(plan, new Set(purposes.filter((_purpose, index) => given[index])));
    } catch (err) {
      // Any error: a consent that cannot be read is none.
      this.#log.warn({ err, tenantId: this.tenantId }, 'the consent of an end user could not be read');
      return plan;
    }
  }

  #readOnce(): Promise<HasConsent> {
    this.#consent ??= this.#read();
    return this.#consent;
  }
}

/** A tenant's ID has no space. */
function toKey(tenantId: string, endUserId: string): string {
  return `${tenantId} ${endUserId}`;
}
