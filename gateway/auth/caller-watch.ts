import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';

/** What is looked up: the hash that the answer is remembered under, and the text of a token, which is only sent. */
export interface Lookup {
  readonly keyHash: string;
  readonly token?: string;
}

/** The result of looking a credential up again: still good, ended, or unknown because the lookup failed. */
export type Standing =
  | { readonly caller: Caller }
  | { readonly ended: 'REVOKED' | 'APP_ARCHIVED' | 'TENANT_ARCHIVED' }
  | 'UNKNOWN';

/** Callers with open subscriptions are looked at so often, in milliseconds: what has ended ends within a second. */
const tickMs = 500;
/** Without an announced change, a caller is looked up again after so long: a message of the bus may be lost, or there is none. */
const checkedForMs = { announced: 30_000, unannounced: 5_000 };
/** Lookups in flight. */
const checksMax = 16;

/** Whether the bus announces changes of callers here: not where another process makes them and no Redis joins the two. */
export type ChangesOfCallers = 'announced' | 'unannounced';

/** What is open for a caller. */
export interface OpenStream {
  /** True while a caller with the same credential may still open it. */
  isAllowed(caller: Caller): boolean;
  /** Called once, with the reason. */
  end(error: HeddleError): void;
}

interface Watched {
  readonly sent: Lookup;
  /** As it was looked up last. */
  caller: Caller;
  readonly streams: Set<OpenStream>;
  checkedAtMs: number;
  isDue: boolean;
  isChecking: boolean;
}

const reasons = {
  REVOKED: 'has expired or was revoked',
  APP_ARCHIVED: 'ends, as its app is archived',
  TENANT_ARCHIVED: 'ends, as its tenant is archived',
} as const;

/**
 * Ends open subscriptions within a second, unless their tenant lets them finish: of callers whose key, token or session expires or is
 * revoked, whose app or tenant is archived, or whose scopes no longer reach what they read. One timer for all of them, which
 * runs while there are any.
 */
export class CallerWatch implements Disposable {
  readonly #check: (sent: Lookup) => Promise<Standing>;
  readonly #now: () => number;
  readonly #checkedForMs: number;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #checks = 0;

  constructor(check: (sent: Lookup) => Promise<Standing>, now: () => number, changes: ChangesOfCallers) {
    this.#check = check;
    this.#now = now;
    this.#checkedForMs = checkedForMs[changes];
  }

  /** Ends the stream once when the credential of the caller has ended or no longer allows it; what it returns stops that. */
  watch(caller: Caller, sent: Lookup, stream: OpenStream): () => void {
    const watched = this.#find(caller, sent);
    watched.streams.add(stream);
    this.#timer ??= setInterval(() => this.tick(), tickMs).unref();
    return () => {
      watched.streams.delete(stream);
      if (watched.streams.size > 0 || this.#watched.get(sent.keyHash) !== watched) return;
      this.#watched.delete(sent.keyHash);
      this.#stopIdle();
    };
  }

  /** The credential is looked up again now. */
  recheck({ keyHash }: Lookup): void {
    const watched = this.#watched.get(keyHash);
    if (watched !== undefined) watched.isDue = true;
    this.#checkDue();
  }

  /** Something has changed about the callers of this tenant (null: of any). */
  changed(tenantId: string | null): void {
    for (const watched of this.#watched.values()) {
      if (tenantId === null || watched.caller.tenantId === tenantId) watched.isDue = true;
    }
    this.#checkDue();
  }

  /** Ends what has expired, and looks up what is due. */
  tick(): void {
    const nowMs = this.#now();
    for (const watched of this.#watched.values()) {
      const { expiresAtMs } = watched.caller;
      if (expiresAtMs !== null && expiresAtMs <= nowMs) this.#end(watched, 'REVOKED');
      else if (nowMs - watched.checkedAtMs >= this.#checkedForMs) watched.isDue = true;
    }
    this.#checkDue();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watched.clear();
  }

  #find(caller: Caller, sent: Lookup): Watched {
    const found = this.#watched.get(sent.keyHash);
    if (found !== undefined) return found;
    const watched: Watched = {
      ...{ sent, caller, streams: new Set<OpenStream>() },
      ...{ checkedAtMs: this.#now(), isDue: false, isChecking: false },
    };
    this.#watched.set(sent.keyHash, watched);
    return watched;
  }

  #checkDue(): void {
    for (const watched of this.#watched.values()) {
      if (this.#checks >= checksMax) return;
      if (watched.isDue && !watched.isChecking) void this.#checkOne(watched);
    }
  }

  async #checkOne(watched: Watched): Promise<void> {
    watched.isDue = false;
    watched.isChecking = true;
    this.#checks += 1;
    const standing = await this.#check(watched.sent);
    this.#checks -= 1;
    watched.isChecking = false;
    // Where it could not be looked up, the next tick tries again.
    if (standing === 'UNKNOWN') watched.isDue = true;
    else if ('ended' in standing) this.#end(watched, standing.ended);
    else {
      watched.caller = standing.caller;
      watched.checkedAtMs = this.#now();
      this.#endNarrowed(watched);
    }
    if (standing !== 'UNKNOWN') this.#checkDue();
  }

  #end(watched: Watched, reason: keyof typeof reasons): void {
    const { keyHash } = watched.sent;
    if (this.#watched.get(keyHash) === watched) this.#watched.delete(keyHash);
    this.#stopIdle();
    if (watched.caller.onRevoke === 'FINISH') return;
    const message = `The ${nameCredential(watched.caller)} of this subscription ${reasons[reason]}.`;
    for (const stream of [...watched.streams]) stream.end(new HeddleError('UNAUTHENTICATED', message));
  }

  /** Ends what the scopes of the caller no longer reach; the credential itself is good. */
  #endNarrowed({ caller, streams }: Watched): void {
    if (caller.onRevoke === 'FINISH') return;
    const message = `The ${nameCredential(caller)} of this subscription no longer has the scopes that it requires.`;
    for (const stream of [...streams]) {
      if (!stream.isAllowed(caller)) stream.end(new HeddleError('FORBIDDEN', message));
    }
  }

  #stopIdle(): void {
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function nameCredential({ kind, sessionId }: Caller): string {
  if (sessionId !== undefined) return 'session';
  return kind === 'USER' ? 'token' : 'API key';
}
