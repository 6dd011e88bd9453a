import { readPrecision, readRecall, type Score } from './score.ts';

const opening = '<!-- measured by npm run alerts:measure -->';
const closing = '<!-- end of what is measured -->';

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** What docs/alerts.md states of what was measured. */
export function writeAlertTable(
  scores: readonly Score[],
  { tenants, keys, seed }: { readonly tenants: number; readonly keys: number; readonly seed: number },
): string {
  const rows = scores.map(
    (one) =>
      `| ${one.name} | ${one.wanted} | ${one.incidents} | ${one.episodes} | ${percent(readRecall(one))} | ${percent(readPrecision(one))} |`,
  );
  return [
    opening,
    '',
    `${tenants} tenants over 12 weeks, ${keys.toLocaleString('en')} keys over 4 weeks, seed ${seed}.`,
    '',
    '| condition | to be found | incidents | episodes | recall | precision |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    closing,
  ].join('\n');
}

/** The page with another table in place of the one that it has. */
export function replaceAlertTable(page: string, table: string): string {
  const from = page.indexOf(opening);
  const to = page.indexOf(closing);
  if (from < 0 || to < from) throw new Error('The page has no place for the table.');
  return page.slice(0, from) + table + page.slice(to + closing.length);
}
