import { attackCategories } from './attacks.ts';
import type { Guard, KindOutcome } from './run.ts';

const opening = '<!-- measured by npm run redteam -->';
const closing = '<!-- end of what is measured -->';

type Outcomes = Readonly<Record<Guard, readonly KindOutcome[]>>;

/** The share of the attempts of a category that was stopped. */
export function computeShare(outcomes: readonly KindOutcome[], category: string): number {
  const kinds = outcomes.filter((one) => one.category === category);
  const sum = (field: 'attempts' | 'stopped') => kinds.reduce((total, one) => total + one[field], 0);
  return sum('stopped') / sum('attempts');
}

/** The categories of which fewer attempts were stopped than they state, with what was measured. */
export function findFailures({ default: byDefault, every }: Outcomes): readonly string[] {
  return attackCategories.flatMap(({ id, stoppedMin }) =>
    (
      [
        ['default', byDefault],
        ['every', every],
      ] as const
    ).flatMap(([guard, outcomes]) => {
      const share = computeShare(outcomes, id);
      const isKept = share >= stoppedMin[guard];
      return isKept ? [] : [`${id}, ${guard}: ${percent(share)} of at least ${percent(stoppedMin[guard])}`];
    }),
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What docs/security.md states of a run: a row for each category, and what passed. */
export function writeTable(outcomes: Outcomes): string {
  const rows = attackCategories.map(({ id, name, kinds, beyond }) => {
    const attempts = outcomes.default
      .filter((one) => one.category === id)
      .reduce((sum, one) => sum + one.attempts, 0);
    const shares = (['none', 'default', 'every'] as const).map((guard) =>
      percent(computeShare(outcomes[guard], id)),
    );
    return `| ${id} ${name} | ${kinds.length} | ${attempts} | ${shares.join(' | ')} | ${beyond} |`;
  });
  return [
    opening,
    '',
    '| category | kinds | attempts | stopped without guardrails | by the default policy | by every rule | beyond a gateway |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    'What passed the default policy, kind by kind:',
    '',
    ...attackCategories.flatMap(({ id }) => writePassed(id, outcomes)),
    '',
    closing,
  ].join('\n');
}

function writePassed(category: string, outcomes: Outcomes): readonly string[] {
  const passed = outcomes.default.filter((one) => one.category === category && one.stopped < one.attempts);
  if (passed.length === 0) return [];
  const byEvery = (kind: string) =>
    outcomes.every.find((one) => one.category === category && one.kind === kind)?.stopped ?? 0;
  const kinds = passed.map(({ kind, attempts, stopped }) => {
    const others = byEvery(kind);
    const more = others === stopped ? '' : `, every rule ${others}`;
    return `${kind} (stopped ${stopped} of ${attempts}${more})`;
  });
  return [`- ${category}: ${kinds.join('; ')}.`];
}

/** The page with the table in the place of the one that it has. Throws where it has none. */
export function replaceRedTeamTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(opening), page.indexOf(closing)];
  if (from === -1 || to === -1) throw new Error(`The page has no ${opening} … ${closing}.`);
  return page.slice(0, from) + table + page.slice(to + closing.length);
}
