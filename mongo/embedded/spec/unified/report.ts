import type { MongoClient } from 'mongodb';
import { readSuite } from './format.ts';
import type { ServerFacts } from './requirements.ts';
import { runTest, type Verdict } from './run.ts';

/** One test's verdict under its full name: `suite/file: description`. */
export interface NamedVerdict {
  suite: string;
  name: string;
  verdict: Verdict;
  /** How long it took. */
  ms: number;
}

/** Runs every file of a suite folder, one test after the other. */
export async function runSuite(
  uri: string,
  inner: MongoClient,
  facts: ServerFacts,
  suite: string,
  folder: string,
): Promise<NamedVerdict[]> {
  const verdicts: NamedVerdict[] = [];
  for (const file of readSuite(folder)) {
    for (const test of file.tests) {
      const start = performance.now();
      const verdict = await runTest(uri, inner, facts, file, test);
      const ms = performance.now() - start;
      verdicts.push({ suite, name: `${suite}/${file.name}: ${test.description}`, verdict, ms });
    }
  }
  return verdicts;
}

/** A markdown table of the suites, then the reasons of what could not be run. */
export function formatReport(verdicts: NamedVerdict[]): string {
  const lines = [
    '| suite | runnable | passed | failed | refused | passed of what is not refused | of all runnable | not runnable |',
    '|---|---|---|---|---|---|---|---|',
  ];
  for (const suite of new Set(verdicts.map((verdict) => verdict.suite))) {
    const mine = verdicts.filter((verdict) => verdict.suite === suite).map(({ verdict }) => verdict.status);
    const count = (status: Verdict['status']) => mine.filter((one) => one === status).length;
    const [passed, failed, refused] = [count('passed'), count('failed'), count('refused')];
    const runnable = passed + failed + refused;
    const shares = `${share(passed, passed + failed)} | ${share(passed, runnable)}`;
    lines.push(
      `| ${suite} | ${runnable} | ${passed} | ${failed} | ${refused} | ${shares} | ${count('not runnable')} |`,
    );
  }
  lines.push('', '| not runnable because | tests |', '|---|---|');
  const reasons = new Map<string, number>();
  for (const { verdict } of verdicts) {
    if (verdict.status !== 'not runnable') continue;
    reasons.set(verdict.reason, (reasons.get(verdict.reason) ?? 0) + 1);
  }
  for (const [reason, tests] of [...reasons].sort((a, b) => b[1] - a[1]))
    lines.push(`| ${reason} | ${tests} |`);
  return lines.join('\n');
}

const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;

/** Tests that may not pass, by full name, and why. */
export interface KnownGaps {
  failed: Record<string, string>;
  refused: Record<string, string>;
}

/** Where the verdicts and the lists of known gaps do not agree, one line each; empty when they do. */
export function disagreements(verdicts: NamedVerdict[], known: KnownGaps): string[] {
  return (['failed', 'refused'] as const).flatMap((status) => {
    const seen = new Map(
      verdicts.flatMap(({ name, verdict }) => (verdict.status === status ? [[name, verdict.reason]] : [])),
    );
    const unlisted = [...seen].filter(([name]) => !(name in known[status]));
    const stale = Object.keys(known[status]).filter((name) => !seen.has(name));
    return [
      ...unlisted.map(([name, reason]) => `${status}, and not listed so: ${name}\n    ${reason}`),
      ...stale.map((name) => `listed as ${status}, and is not: ${name}`),
    ];
  });
}
