/**
 * What guardrails cost: CPU µs of this process for each KB of text, per rule with its default options and for the default set; and
 * for one text of 1 MB the CPU ms and the longest time that nothing else had its turn. The medians of ROUNDS. Fails where the
 * default set takes more than 60 µs per KB, 1 MB more than 50 ms of CPU, or a turn more than 20 ms.
 */
import { ZodError } from 'zod';
import type { GuardedText, PreparedRule, RuleContext } from '#guardrails/guardrail.ts';
import { drawHarmless } from '#guardrails/measure/harmless.ts';
import { defaultRules } from '#guardrails/measure/measure.ts';
import { drawFrom } from '#guardrails/measure/random.ts';
import { knownRules } from '#guardrails/rules.ts';
import { median } from './budget.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const [microsPerKbMax, millisPerMbMax, turnMillisMax] = [60, 50, 20];
const megabyte = 1_048_576;

const context: RuleContext = {
  tenantId: null,
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
function prepareAll(): readonly (readonly [name: string, rule: PreparedRule])[] {
  return knownRules.flatMap((rule): (readonly [string, PreparedRule])[] => {
    try {
      return [[rule.name, rule.prepare({}, {})]];
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

/** The longest time between two turns while `run` is under way, in ms. */
async function longestTurn(run: () => Promise<unknown>): Promise<number> {
  let [last, longest, isOver] = [performance.now(), 0, false];
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await run();
  isOver = true;
  return Math.max(longest, performance.now() - last);
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

const defaults = rules.filter(([name]) => defaultRules.includes(name));
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
  const run = async () => {
    for (const [, rule] of defaults) await rule.check([text], context);
  };
  const millis = (await measureRounds(run)) / 1_000;
  const turns: number[] = [];
  for (let round = 0; round < rounds; round += 1) turns.push(await longestTurn(run));
  console.log(`1 MB of ${name}: ${millis.toFixed(0)} ms of CPU, longest turn ${median(turns).toFixed(1)} ms`);
  if (name === 'code, logs and prose' && !(millis <= millisPerMbMax)) process.exitCode = 1;
  if (!(median(turns) <= turnMillisMax)) process.exitCode = 1;
}
