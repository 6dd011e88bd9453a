import { type Measurement, precision, recall } from './measure.ts';

const opening = '<!-- measured by npm run guardrails:measure -->';
const closing = '<!-- end of what is measured -->';

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** What docs/guardrails.md states of a measurement. */
export function writeTable({ kinds, harmlessTexts, falseAlarms }: Measurement): string {
  const rows = kinds.map(
    (one) =>
      `| ${one.rule} | ${one.kind} | ${one.texts} | ${percent(recall(one))} | ${percent(precision(one))} |`,
  );
  const share = ((falseAlarms.length / harmlessTexts) * 100).toFixed(2);
  return [
    opening,
    '',
    `Of ${harmlessTexts.toLocaleString('en')} harmless texts the default set finds something in ${falseAlarms.length} (${share} %).`,
    '',
    '| rule | kind | texts | recall | precision |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    closing,
  ].join('\n');
}

/** The page with the table in the place of the one that it has. Throws where it has none. */
export function replaceTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(opening), page.indexOf(closing)];
  if (from === -1 || to === -1) throw new Error(`The page has no ${opening} … ${closing}.`);
  return page.slice(0, from) + table + page.slice(to + closing.length);
}
