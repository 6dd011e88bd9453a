import type { MongoClient } from 'mongodb';
import { readSuite } from './format.ts';
import type { ServerFacts } from './requirements.ts';
import { runTest, type Verdict } from './run.ts';

/** One test's verdict under its full name: `suite/file: description`. */
export interface NamedVerdict {
  suite: string;
  name: string;
  verdict: Verdict;
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
      const verdict = await runTest(uri, inner, facts, file, test);
      verdicts.push({ suite, name: `${suite}/${file.name}: ${test.description}`, verdict });
    }
  }
  return verdicts;
}

/** A markdown table of the suites, then the reasons of what could not be run. */
export function reportOf(verdicts: NamedVerdict[]): string {
  const lines = [
    '| suite | runnable | passed | failed | passed of the runnable | not runnable |',
    '|---|---|---|---|---|---|',
  ];
  for (const suite of new Set(verdicts.map((verdict) => verdict.suite))) {
    const mine = verdicts.filter((verdict) => verdict.suite === suite).map(({ verdict }) => verdict.status);
    const count = (status: Verdict['status']) => mine.filter((one) => one === status).length;
    const [passed, failed] = [count('passed'), count('failed')];
    const share = passed + failed === 0 ? '–' : `${((100 * passed) / (passed + failed)).toFixed(1)} %`;
    lines.push(
      `| ${suite} | ${passed + failed} | ${passed} | ${failed} | ${share} | ${count('not runnable')} |`,
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

/** Where the failures and the list of known ones do not agree, one line each; empty when they do. */
export function disagreements(verdicts: NamedVerdict[], known: Record<string, string>): string[] {
  const failed = new Map(
    verdicts.flatMap(({ name, verdict }) => (verdict.status === 'failed' ? [[name, verdict.reason]] : [])),
  );
  const unknown = [...failed]
    .filter(([name]) => !(name in known))
    .map(([name, reason]) => `fails: ${name}\n    ${reason}`);
  const listed = Object.keys(known).filter((name) => !failed.has(name));
  return [...unknown, ...listed.map((name) => `is listed as a known failure and does not fail: ${name}`)];
}
