import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';

/** What is looked up: the hash that the answer is remembered under, and the text of a token, which is only sent. */
export interface Lookup {
  readonly keyHash: string;
  readonly token?: string;
}

/** The result of looking a credential up again: still good, ended, or unknown because the lookup failed. */
export type Standing = { readonly caller: Caller } | 'ENDED' | 'UNKNOWN';

/** Callers with open subscriptions are looked at so often, in milliseconds: what has ended ends within a second. */
const tickMs = 500;
/** Without an announced change, a caller is looked up again after so long: a message of the bus may be lost. */
const checkedForMs = 30_000;
/** Lookups in flight. */
const checksMax = 16;

type End = (error: HeddleError) => void;

interface Watched {
  readonly sent: Lookup;
  /** As it was looked up last. */
  caller: Caller;
  readonly ends: Set<End>;
  checkedAtMs: number;
  isDue: boolean;
  isChecking: boolean;
}

/**
 * Ends the open subscriptions of callers whose key or token expires or is revoked, within a second, unless their tenant lets
 * them finish. One timer for all of them, which runs while there are any.
 */
export class CallerWatch implements Disposable {
  readonly #check: (sent: Lookup) => Promise<Standing>;
  readonly #now: () => number;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #checks = 0;

  constructor(check: (sent: Lookup) => Promise<Standing>, now: () => number) {
    this.#check = check;
    this.#now = now;
  }

  /** Calls `end` once when the credential of the caller has ended; what it returns stops that. */
  watch(caller: Caller, sent: Lookup, end: End): () => void {
    const watched = this.#find(caller, sent);
    watched.ends.add(end);
    this.#timer ??= setInterval(() => this.tick(), tickMs).unref();
    return () => {
      watched.ends.delete(end);
      if (watched.ends.size > 0 || this.#watched.get(sent.keyHash) !== watched) return;
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
      if (expiresAtMs !== null && expiresAtMs <= nowMs) this.#end(watched);
      else if (nowMs - watched.checkedAtMs >= checkedForMs) watched.isDue = true;
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
      ...{ sent, caller, ends: new Set<End>() },
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
    else if (standing === 'ENDED') this.#end(watched);
    else {
      watched.caller = standing.caller;
      watched.checkedAtMs = this.#now();
    }
    if (standing !== 'UNKNOWN') this.#checkDue();
  }

  #end(watched: Watched): void {
    const { keyHash } = watched.sent;
    if (this.#watched.get(keyHash) === watched) this.#watched.delete(keyHash);
    this.#stopIdle();
    if (watched.caller.onRevoke === 'FINISH') return;
    const what = watched.caller.kind === 'USER' ? 'token' : 'API key';
    const message = `The ${what} of this subscription has expired or was revoked.`;
    for (const end of [...watched.ends]) end(new HeddleError('UNAUTHENTICATED', message));
  }

  #stopIdle(): void {
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
