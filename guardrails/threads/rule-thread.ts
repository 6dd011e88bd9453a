/** A thread of RuleThreads: prepares each rule once for its options, and looks with it. */
import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import { serveTasks } from '#core/threads/serve-tasks.ts';
import type { GuardedText, PreparedRule, TextShare } from '../guardrail.ts';
import { findRule } from '../rules.ts';
import { type PackedResult, packResult } from './packed-result.ts';

/** One look of a rule. */
export interface RuleTask {
  readonly rule: string;
  /** As JSON. */
  readonly options: string;
  readonly texts: readonly GuardedText[];
  /** Those of the call, where the rule compares with them. */
  readonly callTexts: readonly GuardedText[];
  /** What of the texts this look is for. */
  readonly share: TextShare;
}

const preparedMax = 500;
const preparedRules = new LRUCache<string, PreparedRule>({ max: preparedMax });
const signal = new AbortController().signal;

function findPrepared(name: string, options: string): PreparedRule {
  const key = `${name} ${options}`;
  let prepared = preparedRules.get(key);
  if (prepared === undefined) {
    const rule = findRule(name);
    if (rule === undefined) throw new Error('There is no such rule.');
    prepared = rule.prepare(JSON.parse(options), {});
    preparedRules.set(key, prepared);
  }
  return prepared;
}

const keptMs = 1_000;
/** Those of the last look, for a moment. */
let last: readonly GuardedText[] = [];
let forgetting: NodeJS.Timeout | undefined;

/** The rules of a call look at equal texts one after the other: what was read of them for one serves the next. */
function recall(texts: readonly GuardedText[]): readonly GuardedText[] {
  if (!isDeepStrictEqual(texts, last)) last = texts;
  clearTimeout(forgetting);
  forgetting = setTimeout(() => {
    last = [];
  }, keptMs);
  return last;
}

async function look({ rule, options, texts, callTexts, share }: RuleTask): Promise<PackedResult> {
  const context = {
    tenantId: null,
    allowedRegions: null,
    endUserId: null,
    callTexts: () => callTexts,
    signal,
    share,
  };
  return packResult(await findPrepared(rule, options).check(recall(texts), context));
}

serveTasks(look);
