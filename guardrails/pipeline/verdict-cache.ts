import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { limitEntries } from '#core/cache-entries.ts';
import type { GuardedText, RuleContext, RuleResult } from '../guardrail.ts';
import type { PlannedRule } from './policy.ts';

/** How long what a rule stated of a text counts for equal texts, in milliseconds. */
const keptMs = 60_000;
const keptMax = 10_000;

/** What a rule is about to look at. */
export interface Look {
  readonly rule: PlannedRule;
  readonly texts: readonly GuardedText[];
  readonly context: RuleContext;
  readonly direction: 'INPUT' | 'OUTPUT';
}

const rules = new WeakMap<PlannedRule['prepared'], string>();

/**
 * What REMOTE rules have stated of texts: for a minute, equal texts of a tenant have the same result for a rule with the same options, and
 * those under way are looked at once. Only for rules that have `rememberBy`. Holds keyed hashes of the texts and never these; of looks that
 * failed, and of results with a text in them, nothing. Looks under way are as many as calls are.
 */
export class VerdictCache {
  readonly #key = randomBytes(32);
  readonly #now: () => number;
  readonly #kept = new LRUCache<string, { readonly result: RuleResult; readonly atMs: number }>({
    ...limitEntries(keptMax),
  });
  readonly #underWay = new Map<string, Promise<RuleResult>>();

  /** @param now in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What the rule states: as known, or as `check` returns it. Rejects as that does. */
  async look(look: Look, check: () => Promise<RuleResult>): Promise<RuleResult> {
    const by = look.rule.prepared.rememberBy?.(look.context) ?? null;
    if (by === null) return check();
    const key = this.#computeKey(look, by);
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#now() - kept.atMs < keptMs) return kept.result;
    const other = this.#underWay.get(key);
    if (other !== undefined) {
      // Any error: it is of the other call, which may have been cut; this one looks itself, at once.
      const shared = await other.catch(() => undefined);
      if (shared !== undefined) return shared;
    }
    return this.#own(key, check);
  }

  async #own(key: string, check: () => Promise<RuleResult>): Promise<RuleResult> {
    const looking = check();
    const isFirst = !this.#underWay.has(key);
    if (isFirst) this.#underWay.set(key, looking);
    try {
      const result = await looking;
      if (!holdsText(result) && !hasFailed(result)) this.#kept.set(key, { result, atMs: this.#now() });
      return result;
    } finally {
      if (isFirst) this.#underWay.delete(key);
    }
  }

  #computeKey({ rule, texts, context, direction }: Look, by: string): string {
    const hmac = createHmac('sha256', this.#key);
    const { tenantId } = context;
    hmac.update(JSON.stringify([tenantId, identifyRule(rule), direction, by]));
    for (const { text, kind, role, format, stages } of texts) {
      hmac.update(JSON.stringify([text.length, kind, role, format, stages]));
      hmac.update(text);
    }
    return hmac.digest('base64');
  }
}

/** The rule, its owner and its options. */
function identifyRule({ rule, isOfMesh, options, prepared }: PlannedRule): string {
  let identity = rules.get(prepared);
  if (identity === undefined) {
    identity = JSON.stringify([rule, isOfMesh === true, options]);
    rules.set(prepared, identity);
  }
  return identity;
}

function hasFailed(result: RuleResult): boolean {
  return !result.fired && result.failed === true;
}

function holdsText(result: RuleResult): boolean {
  return (
    result.fired &&
    (result.repaired !== undefined || result.findings.some(({ replacement }) => replacement !== undefined))
  );
}
