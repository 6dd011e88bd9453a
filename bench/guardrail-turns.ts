/**
 * How long guardrails keep a thread from other work: for each rule that looks at texts in the process, the longest turn in ms of the thread that serves
 * clients, over texts of several kinds, by their length. The median of ROUNDS, of the rules in RULES (absent: all). Fails where
 * a turn is beyond 20 ms: then `cost` of the rule has to be higher, so that shorter texts go to a thread of their own, or the rule has to let others have their turn.
 */
import type { PreparedRule, Rule, RuleContext } from '#guardrails/guardrail.ts';
import { knownRules } from '#guardrails/rules.ts';
import { RuleThreads } from '#guardrails/threads/rule-threads.ts';
import { median } from './budget.ts';
import { guarded, repeatUnit, textUnits } from './guardrail-texts.ts';
import { measureTurns } from './turns.ts';

const rounds = Number(process.env.ROUNDS ?? 3);
const selected = process.env.RULES?.split(',');
const turnMillisMax = 20;
/** In characters. Texts of the last two stand on both sides of the threshold of RuleThreads at a `cost` of 1. */
const lengths = { '1 KB': 1_024, '16 KB': 16_384, '64 KB': 65_536, '1 MB': 1_048_576 } as const;

/** Of rules that have no defaults, and of those whose defaults look for less than they can. */
const options: Readonly<Record<string, unknown>> = {
  length: { wordsMax: 10_000_000 },
  words: { words: ['Falcon', 'project x', '機密'] },
  topics: {
    denied: [
      'MEDICAL',
      'LEGAL',
      'FINANCE',
      'POLITICS',
      'RELIGION',
      'GAMBLING',
      'WEAPONS',
      'DRUGS',
      'SEX',
      'SELF_HARM',
    ],
  },
  pattern: {
    patterns: [{ pattern: 'EMP-\\d{4}' }, { pattern: '\\b[A-Z]{2,3}-\\d{2,6}[a-z]?\\b', ignoreCase: true }],
  },
  secrets: { entropy: true },
  markup: { kinds: ['SCRIPT', 'HTML', 'SQL', 'SHELL'] },
  prompt_leak: { canaries: ['zebra-7Q4'] },
  groundedness: { check: ['NUMBERS', 'QUOTES', 'NAMES'], supportMin: 0.5 },
  language: { allowed: ['en'] },
};

const callTexts = [
  {
    ...guarded(
      'You are the assistant of a library. Answer in the language of the question and never name a price.',
    ),
    role: 'system' as const,
  },
  { ...guarded('The library was built in 1931 and has 42 rooms.'), stages: ['INPUT', 'RETRIEVED'] as const },
];
const context: RuleContext = {
  tenantId: null,
  allowedRegions: null,
  endUserId: null,
  callTexts: () => callTexts,
  signal: new AbortController().signal,
};

await using threads = new RuleThreads();

async function measureRule(rule: Rule, prepared: PreparedRule): Promise<boolean> {
  await rule.load?.();
  const turns: string[] = [];
  let isShort = true;
  for (const [name, length] of Object.entries(lengths)) {
    let longest = { turnMs: 0, kind: '' };
    for (const [kind, unit] of Object.entries(textUnits)) {
      const text = guarded(repeatUnit(unit, length));
      const measured: number[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const { turnMs } = await measureTurns(async () => prepared.check([text], context));
        // V8 compiles in the first round.
        if (round > 0) measured.push(turnMs);
      }
      const turnMs = median(measured);
      if (turnMs > longest.turnMs) longest = { turnMs, kind };
    }
    if (!(longest.turnMs <= turnMillisMax)) isShort = false;
    turns.push(`${name} ${longest.turnMs.toFixed(1)} ms (${longest.kind})`);
  }
  console.log(`${rule.name}: longest turn ${turns.join(', ')}`);
  return isShort;
}

for (const rule of knownRules) {
  if (rule.reach !== 'LOCAL' || rule.needs === 'SERVICES' || selected?.includes(rule.name) === false)
    continue;
  const stated = options[rule.name] ?? {};
  const isShort = await measureRule(rule, threads.wrap(rule, stated, rule.prepare(stated, {})));
  if (!isShort) process.exitCode = 1;
}
