/**
 * What guardrails cost: CPU µs of this process for each KB of text, per rule with its default options, for the default set, and
 * for the default policy as it is run on each text, of calls and of answers to a system message; and
 * for one text of 1 MB, in this thread and in another one (RuleThreads), the ms until the result and the longest time that nothing
 * else had its turn in this thread. The medians of ROUNDS. Fails where the default set takes more than 60 µs per KB, 1 MB of code, logs and prose more than
 * 50 ms, or a turn more than 20 ms.
 */
import { ZodError } from 'zod';
import type { GuardedText, PreparedRule, RuleContext } from '#guardrails/guardrail.ts';
import { drawHarmless } from '#guardrails/measure/harmless.ts';
import { defaultRules } from '#guardrails/measure/measure.ts';
import { drawFrom } from '#guardrails/measure/random.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import { parseMeshPolicy, planPolicies } from '#guardrails/pipeline/policy.ts';
import { runGuardrails } from '#guardrails/pipeline/run.ts';
import { knownRules } from '#guardrails/rules.ts';
import { RuleThreads } from '#guardrails/threads/rule-threads.ts';
import { median } from './budget.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const [microsPerKbMax, millisPerMbMax, turnMillisMax] = [60, 50, 20];
const megabyte = 1_048_576;

const context: RuleContext = {
  tenantId: null,
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

function guarded(text: string): GuardedText {
  return { text, kind: 'message', role: 'user', format: 'TEXT', stages: ['INPUT'], isEditable: true };
}

/** Flat, as texts are that were parsed from a request. */
function flat(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

const texts = drawHarmless(1_500, 1).map((text) => guarded(flat(text)));
const kilobytes = texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) / 1_024;

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

async function measureRounds(run: () => Promise<unknown>): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round <= rounds; round += 1) costs.push(await cpuMicros(run));
  // V8 compiles in the first round.
  return median(costs.slice(1));
}

/** Milliseconds of a run, and the longest time between two turns meanwhile. */
async function measureTurns(run: () => Promise<unknown>): Promise<{ totalMs: number; turnMs: number }> {
  const startedMs = performance.now();
  let [lastMs, turnMs, isOver] = [startedMs, 0, false];
  const turn = () => {
    const nowMs = performance.now();
    turnMs = Math.max(turnMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await run();
  isOver = true;
  const endedMs = performance.now();
  return { totalMs: endedMs - startedMs, turnMs: Math.max(turnMs, endedMs - lastMs) };
}

const rules = prepareAll();
let total = 0;
for (const [name, rule] of rules) {
  const micros = await measureRounds(async () => {
    for (const text of texts) await rule.check([text], context);
  });
  const perKb = micros / kilobytes;
  if (defaultRules.includes(name)) total += perKb;
  console.log(`${name}: ${perKb.toFixed(1)} µs per KB`);
}
console.log(`default set (${defaultRules.join(', ')}): ${total.toFixed(1)} µs per KB`);
if (!(total <= microsPerKbMax)) process.exitCode = 1;

const systemTexts = [{ ...guarded(flat(drawHarmless(6, 2).join(' '))), role: 'system' as const }];
/** Of a call with a system message, for the rules that compare answers with it. */
const answering: RuleContext = { ...context, callTexts: () => systemTexts };
const masks = new Masks([]);
const policy = parseMeshPolicy('default');
const plan = planPolicies(policy === null ? [] : [policy], {});
for (const direction of ['INPUT', 'OUTPUT'] as const) {
  const looked = texts.map((text) => ({ ...text, stages: [direction] }));
  const micros = await measureRounds(async () => {
    for (const text of looked) {
      await runGuardrails(plan, [text], { direction, context: answering, masks });
    }
  });
  console.log(`default policy, ${direction}: ${(micros / kilobytes).toFixed(1)} µs per KB`);
}

await using threads = new RuleThreads();
const isDefault = ([name]: readonly [name: string, rule: PreparedRule]) => defaultRules.includes(name);
const places = { here: rules.filter(isDefault), 'in a thread': prepareAll(threads).filter(isDefault) };
const joined = texts.map(({ text }) => text).join('\n');
const { fill, text: drawText } = drawFrom(1);
const letters = 'abcdefghijklmnopqrstuvwxyz';
/** What a text of 1 MB consists of. */
const units: Readonly<Record<string, () => string>> = {
  'code, logs and prose': () => joined,
  'Japanese and Russian': () => 'заказ и дом 注文 家 時間 42 — отчёт. ',
  'email addresses': () => `${drawText(6, letters)}.doe@example.com, `,
  'phone numbers': () => `tel: ${fill('030 999999')}; `,
  'international phone numbers': () => `${fill('+49 30 999999')}, `,
  digits: () => fill('9999 9999 '),
};

function repeat(unit: () => string): string {
  const drawn: string[] = [];
  for (let length = 0; length < megabyte; length += drawn.at(-1)?.length ?? 0) drawn.push(unit());
  return drawn.join('').slice(0, megabyte);
}

for (const [name, unit] of Object.entries(units)) {
  const text = guarded(flat(repeat(unit)));
  for (const [place, defaults] of Object.entries(places)) {
    const measured: Awaited<ReturnType<typeof measureTurns>>[] = [];
    for (let round = 0; round <= 2 * rounds; round += 1) {
      measured.push(
        await measureTurns(async () => {
          for (const [, rule] of defaults) await rule.check([text], context);
        }),
      );
    }
    const warm = measured.slice(rounds);
    const [totalMs, turnMs] = [median(warm.map((one) => one.totalMs)), median(warm.map((one) => one.turnMs))];
    console.log(`1 MB of ${name}, ${place}: ${totalMs.toFixed(0)} ms, longest turn ${turnMs.toFixed(1)} ms`);
    if (name === 'code, logs and prose' && !(totalMs <= millisPerMbMax)) process.exitCode = 1;
    if (!(turnMs <= turnMillisMax)) process.exitCode = 1;
  }
}
