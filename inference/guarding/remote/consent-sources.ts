import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { limitEntries } from '#core/cache-entries.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import { signWebhook } from '#core/webhooks/signature.ts';
import type { RuleServices } from '#guardrails/guardrail.ts';
import { openConsentSourceSecret } from '#mongo/consent-source-secret.ts';
import { type ConsentSourceRecord, tenants } from '#mongo/tenants.ts';

export interface ConsentSourceServices {
  readonly connection: Connection;
  /** Posts to addresses of tenants. */
  readonly post: NonNullable<RuleServices['post']>;
  readonly secrets: Pick<OwnerBoxes, 'open'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly now: () => number;
}

/** Whether an end user has consented to a purpose, and where that may be processed. */
export interface ConsentQuestion {
  readonly tenantId: string;
  readonly endUserId: string;
  readonly purpose: string;
  /** Null: anywhere. */
  readonly allowedRegions: readonly string[] | null;
}

/** Tenants whose sources are remembered, and how long: a process whose bus has failed sees a change by then. */
const tenantsMax = 10_000;
const sourceMs = 5_000;
/** Answers that are remembered, and how long at most. */
const answersMax = 10_000;
const answerMs = 30_000;
/** Of an answer. */
const charactersMax = 4_096;

const answers = z.strictObject({
  granted: z.boolean(),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
});

interface Answer {
  readonly granted: boolean;
  readonly untilMs: number;
}

interface Remembered {
  readonly received: Promise<Answer>;
  /** Undefined: it was not received yet. */
  answer?: Answer;
}

interface Source {
  readonly atMs: number;
  readonly found: Promise<ConsentSourceRecord | null>;
}

/** The consent platforms that tenants have named. What cannot be called, or is not answered in the form, is no consent. */
export class ConsentSources implements Disposable {
  readonly #services: ConsentSourceServices;
  readonly #closing = new AbortController();
  readonly #sources = new LRUCache<string, Source>(limitEntries(tenantsMax));
  readonly #answers = new LRUCache<string, Remembered>(limitEntries(answersMax));

  constructor(services: ConsentSourceServices) {
    this.#services = services;
  }

  /** Whether the source of the tenant grants it; false where there is none. Equal questions at the same time are called once. Never rejects. */
  async grants(question: ConsentQuestion): Promise<boolean> {
    try {
      const source = await this.#find(question.tenantId);
      return source !== null && (await this.#answer(question, source)).granted;
    } catch (err) {
      // Any error: a consent that is not known is none.
      this.#services.log.warn({ err, tenantId: question.tenantId }, 'a consent source could not be called');
      return false;
    }
  }

  /** Forgets what is remembered of an end user; null: of all end users of the tenant, and its source. */
  forget({ tenantId, endUserId }: { readonly tenantId: string; readonly endUserId: string | null }): void {
    if (endUserId === null) this.#sources.delete(tenantId);
    const start = toKeyStart(tenantId, endUserId);
    for (const key of [...this.#answers.keys()]) if (key.startsWith(start)) this.#answers.delete(key);
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new Error('The process ends.'));
    this.#sources.clear();
    this.#answers.clear();
  }

  #find(tenantId: string): Promise<ConsentSourceRecord | null> {
    const { connection, now } = this.#services;
    const known = this.#sources.get(tenantId);
    if (known !== undefined && now() - known.atMs < sourceMs) return known.found;
    const found = tenants(connection)
      .findById(tenantId, { consentSource: 1 })
      .lean()
      .exec()
      .then((tenant) => tenant?.consentSource ?? null);
    const source: Source = { atMs: now(), found };
    this.#sources.set(tenantId, source);
    // Any error: whoever waits receives it; the next call reads again.
    found.catch(() => {
      if (this.#sources.peek(tenantId) === source) this.#sources.delete(tenantId);
    });
    return found;
  }

  async #answer(question: ConsentQuestion, source: ConsentSourceRecord): Promise<Answer> {
    const key = toKey(question, source);
    const known = this.#answers.get(key);
    const isFresh = known?.answer === undefined || this.#services.now() < known.answer.untilMs;
    if (known !== undefined && isFresh) return known.received;
    const remembered: Remembered = { received: this.#request(question, source) };
    this.#answers.set(key, remembered);
    try {
      remembered.answer = await remembered.received;
      return remembered.answer;
    } catch (error) {
      // Any error: whoever waits receives it; the next call calls again.
      if (this.#answers.peek(key) === remembered) this.#answers.delete(key);
      throw error;
    }
  }

  async #request(
    { tenantId, endUserId, purpose, allowedRegions }: ConsentQuestion,
    { url, region, timeoutMs, secret: sealed }: ConsentSourceRecord,
  ): Promise<Answer> {
    const { post, secrets, now } = this.#services;
    const secret = await openConsentSourceSecret(sealed, { tenantId, url }, secrets);
    if (secret === undefined) throw new Error('The secret of the consent source opens with no key at hand.');
    const body = JSON.stringify({ endUserId, purpose, tenantId });
    const signed = signWebhook(secret, { id: `msg_${randomUUID()}`, body, nowMs: now() });
    const own = { 'content-type': 'application/json', accept: 'application/json' };
    const text = await post(
      { url, region, timeoutMs, body, headers: { ...own, ...signed } },
      { tenantId, allowedRegions, signal: this.#closing.signal },
    );
    const { granted, expiresAt } = readAnswer(text);
    const atMs = now();
    const endMs = expiresAt == null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
    return {
      granted: granted && endMs > atMs,
      untilMs: Math.min(atMs + answerMs, granted ? endMs : Infinity),
    };
  }
}

function readAnswer(text: string): z.output<typeof answers> {
  if (text.length > charactersMax) throw new Error('The answer of the consent source is too long.');
  return answers.parse(JSON.parse(text));
}

/** A tenant's ID has no space, and a JSON string ends where it ends. */
function toKeyStart(tenantId: string, endUserId: string | null): string {
  return endUserId === null ? `${tenantId} ` : `${tenantId} ${JSON.stringify(endUserId)} `;
}

/** What another source has answered is no answer of this one. */
function toKey(
  { tenantId, endUserId, purpose, allowedRegions }: ConsentQuestion,
  { url, updatedAt }: ConsentSourceRecord,
): string {
  return `${toKeyStart(tenantId, endUserId)}${JSON.stringify([purpose, allowedRegions, url, updatedAt])}`;
}
