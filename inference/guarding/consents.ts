import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import type { Caller } from '#core/caller.ts';
import { listPurposes, withoutConsented } from '#guardrails/pipeline/consented-rules.ts';
import type { GuardrailPlan } from '#guardrails/pipeline/policy.ts';
import type { RunContext } from '#guardrails/pipeline/run.ts';
import { type ConsentRecord, consents } from '#mongo/consents.ts';
import type { Bus } from '#state/bus/bus.ts';

/** The tenant, its regions and the end user of a call, for the rules that look at it, and how those of them that are REMOTE reach out. */
export type CallParty = Pick<
  RunContext,
  'tenantId' | 'allowedRegions' | 'endUserId' | 'hasConsent' | 'askModel' | 'verdicts'
>;

type PartyCaller = Pick<Caller, 'tenantId' | 'allowedRegions'>;

/** End users whose consents are remembered, and how long: a process whose bus has failed sees a withdrawal by then. */
const endUsersMax = 10_000;
const rememberedMs = 5_000;

type Found = Pick<ConsentRecord, 'purposes' | 'expiresAt'> | null;

export interface ConsentServices {
  readonly connection: Connection;
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly now: () => number;
}

/** What end users have consented to, as calls need it: read when a rule depends on it, and remembered for seconds. */
export class Consents implements AsyncDisposable {
  readonly #services: ConsentServices;
  readonly #found = new LRUCache<string, { readonly atMs: number; readonly found: Promise<Found> }>({
    max: endUsersMax,
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
    return new ConsentingParty(caller, endUserId, () => this.#read(caller.tenantId, endUserId), log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]();
    this.#found.clear();
  }

  async #read(tenantId: string | null, endUserId: string | null): Promise<ReadonlySet<string>> {
    if (tenantId === null || endUserId === null) return nothing;
    const consent = await this.#find(tenantId, endUserId);
    if (consent === null) return nothing;
    const { purposes, expiresAt } = consent;
    return expiresAt !== null && expiresAt.getTime() <= this.#services.now() ? nothing : new Set(purposes);
  }

  #find(tenantId: string, endUserId: string): Promise<Found> {
    const key = toKey(tenantId, endUserId);
    const atMs = this.#services.now();
    const remembered = this.#found.get(key);
    if (remembered !== undefined && atMs - remembered.atMs < rememberedMs) return remembered.found;
    const found = consents(this.#services.connection)
      .findOne({ tenantId, endUserId }, { purposes: 1, expiresAt: 1 })
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
  readonly #read: () => Promise<ReadonlySet<string>>;
  readonly #log: Pick<Logger, 'warn'>;
  #purposes: Promise<ReadonlySet<string>> | undefined;

  constructor(
    { tenantId, allowedRegions }: PartyCaller,
    endUserId: string | null,
    read: () => Promise<ReadonlySet<string>>,
    log: Pick<Logger, 'warn'>,
  ) {
    this.tenantId = tenantId;
    this.allowedRegions = allowedRegions;
    this.endUserId = endUserId;
    this.#read = read;
    this.#log = log;
  }

  readonly hasConsent = async (purpose: string): Promise<boolean> => (await this.#readOnce()).has(purpose);

  /** The plan as it binds this call: without the rules that do not look with its consent. */
  bind(plan: GuardrailPlan): GuardrailPlan | Promise<GuardrailPlan> {
    const mayDiffer = this.endUserId !== null && listPurposes(plan).length > 0;
    return mayDiffer ? this.#bind(plan) : plan;
  }

  async #bind(plan: GuardrailPlan): Promise<GuardrailPlan> {
    try {
      return withoutConsented(plan, await this.#readOnce());
    } catch (err) {
      // Any error: a consent that cannot be read is none.
      this.#log.warn({ err, tenantId: this.tenantId }, 'the consent of an end user could not be read');
      return plan;
    }
  }

  #readOnce(): Promise<ReadonlySet<string>> {
    this.#purposes ??= this.#read();
    return this.#purposes;
  }
}

const nothing: ReadonlySet<string> = new Set();

/** A tenant's ID has no space. */
function toKey(tenantId: string, endUserId: string): string {
  return `${tenantId} ${endUserId}`;
}
