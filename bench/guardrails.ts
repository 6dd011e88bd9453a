/**
 * What guardrails cost: CPU µs of this process for each KB of text, per rule with its default options, for the default set, and
 * for the default policy as it is run on each text, of calls and of answers to a system message; and
 * for one text of 1 MB, in this thread and in another one (RuleThreads), the ms until the result and the longest time that nothing
 * else had its turn in this thread. The medians of ROUNDS, beside the same of a computation that stays the same, by which figures of different
 * machines can be compared. Fails where the default set takes more than 60 µs per KB, 1 MB of anything more than 50 ms, or a turn more than 20 ms.
 */
import { createHash } from 'node:crypto';
import { ZodError } from 'zod';
import type { GuardedText, PreparedRule, RuleContext } from '#guardrails/guardrail.ts';
import { drawHarmless } from '#guardrails/measure/harmless.ts';
import { defaultRules } from '#guardrails/measure/measure.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import { parseMeshPolicy, planPolicies } from '#guardrails/pipeline/policy.ts';
import { runGuardrails } from '#guardrails/pipeline/run.ts';
import { knownRules } from '#guardrails/rules.ts';
import { RuleThreads } from '#guardrails/threads/rule-threads.ts';
import { median } from './budget.ts';
import { flat, guarded, harmlessTexts, repeatUnit, textUnits } from './guardrail-texts.ts';
import { measureTurns } from './turns.ts';

const rounds = Number(process.env.ROUNDS ?? 9);
const [microsPerKbMax, millisPerMbMax, turnMillisMax] = [60, 50, 20];
const megabyte = 1_048_576;

const context: RuleContext = {
  tenantId: null,
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

const texts = harmlessTexts.map(guarded);
const kilobytes = texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) / 1_024;

/** What was read of a text is kept for the rules that look at it: each round has texts of its own. */
function copyTexts(stages: GuardedText['stages'] = ['INPUT']): readonly GuardedText[] {
  return texts.map((text) => ({ ...text, stages }));
}

async function cpuMicros(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Rules that have no defaults are left out. */
function prepareAll(threads?: RuleThreads): readonly (readonly [name: string, rule: PreparedRule])[] {
  return knownRules.flatMap((rule): (readonly [string, PreparedRule])[] => {
    try {
      const prepared = rule.prepare({}, {});
      return [[rule.name, threads?.wrap(rule, {}, prepared) ?? prepared]];
    } catch (error) {
      if (error instanceof ZodError) return [];
      throw error;
    }
  });
}

async function measureRounds(run: () => Promise<unknown>): Promise<readonly number[]> {
  const costs: number[] = [];
  for (let round = 0; round <= rounds; round += 1) costs.push(await cpuMicros(run));
  // V8 compiles in the first round.
  return costs.slice(1);
}

/** The slowest of the faster quarter of rounds. */
function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] ?? Number.NaN;
}

/** Words of prose and code, in a text of any kind. */
const reference = /\b(?:[a-z]{2,9}ing|[a-z]+[A-Z]\w*|\d{2,4}-\d\d)\b/g;
const referenceCosts = await measureRounds(async () => {
  for (const { text } of texts) {
    createHash('sha256').update(text).digest();
    text.replace(reference, '');
  }
});
const referencePerKb = median(referenceCosts) / kilobytes;
console.log(`reference (SHA-256 and a pattern): ${referencePerKb.toFixed(1)} µs per KB`);
const format = (costs: readonly number[]) => {
  const perKb = median(costs) / kilobytes;
  return `${perKb.toFixed(1)} µs per KB, ${(perKb / referencePerKb).toFixed(2)} references`;
};

const rules = prepareAll();
for (const [name, rule] of rules) {
  const costs = await measureRounds(async () => {
    for (const text of copyTexts()) await rule.check([text], context);
  });
  console.log(`${name}: ${format(costs)}`);
}
const isDefault = ([name]: readonly [name: string, rule: PreparedRule]) => defaultRules.includes(name);
const defaultCosts = await measureRounds(async () => {
  for (const text of copyTexts()) {
    for (const [, rule] of rules.filter(isDefault)) await rule.check([text], context);
  }
});
console.log(`default set (${defaultRules.join(', ')}): ${format(defaultCosts)}`);
if (!(median(defaultCosts) / kilobytes <= microsPerKbMax)) process.exitCode = 1;

const systemTexts = [{ ...guarded(flat(drawHarmless(6, 2).join(' '))), role: 'system' as const }];
/** Of a call with a system message, for the rules that compare answers with it. */
const answering: RuleContext = { ...context, callTexts: () => systemTexts };
const masks = new Masks([]);
const policy = parseMeshPolicy('default');
const plan = planPolicies(policy === null ? [] : [policy], {});
for (const direction of ['INPUT', 'OUTPUT'] as const) {
  const costs = await measureRounds(async () => {
    for (const text of copyTexts([direction])) {
      await runGuardrails(plan, [text], { direction, context: answering, masks });
    }
  });
  console.log(`default policy, ${direction}: ${format(costs)}`);
}

await using threads = new RuleThreads();
const places = { here: rules.filter(isDefault), 'in a thread': prepareAll(threads).filter(isDefault) };
for (const [name, unit] of Object.entries(textUnits)) {
  const long = repeatUnit(unit, megabyte);
  for (const [place, defaults] of Object.entries(places)) {
    const [times, turns]: [number[], number[]] = [[], []];
    for (let round = 0; round <= 5 * rounds; round += 1) {
      // Another text each time: what was read of one is kept for the rules that look at it.
      const text = guarded(flat(`${round} ${long}`));
      const look = async () => {
        for (const [, rule] of defaults) await rule.check([text], context);
      };
      const isWarm = round > rounds;
      // To watch the turns takes all of a processor, which may be half of the one that the other thread has.
      if (round % 2 === 0) {
        const { turnMs } = await measureTurns(look);
        if (isWarm) turns.push(turnMs);
      } else {
        const startedMs = performance.now();
        await look();
        if (isWarm) times.push(performance.now() - startedMs);
      }
    }
    const [medianMs, leastMs, turnMs] = [median(times), lowerQuartile(times), median(turns)];
    console.log(
      `1 MB of ${name}, ${place}: ${medianMs.toFixed(0)} ms, a quarter in ${leastMs.toFixed(0)} ms, longest turn ${turnMs.toFixed(1)} ms`,
    );
    if (place === 'in a thread' && !(medianMs <= millisPerMbMax)) process.exitCode = 1;
    if (!(turnMs <= turnMillisMax)) process.exitCode = 1;
  }
}
