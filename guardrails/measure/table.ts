import { type Measurement, precision, recall } from './measure.ts';
import type { ContentMeasurement } from './measure-content.ts';

const opening = '<!-- measured by npm run guardrails:measure -->';
const closing = '<!-- end of what is measured -->';

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** What docs/guardrails.md states of what was measured. */
export function writeTables(values: Measurement, content: ContentMeasurement): string {
  return [opening, '', ...writeValues(values), '', ...writeContent(content), '', closing].join('\n');
}

function writeValues({ kinds, harmlessTexts, falseAlarms }: Measurement): readonly string[] {
  const rows = kinds.map(
    (one) =>
      `| ${one.rule} | ${one.kind} | ${one.texts} | ${percent(recall(one))} | ${percent(precision(one))} |`,
  );
  const share = ((falseAlarms.length / harmlessTexts) * 100).toFixed(2);
  return [
    `Of ${harmlessTexts.toLocaleString('en')} harmless texts the default set finds something in ${falseAlarms.length} (${share} %).`,
    '',
    '| rule | kind | texts | recall | precision |',
    '|---|---|---|---|---|',
    ...rows,
  ];
}

function writeContent({ results, harmlessTexts }: ContentMeasurement): readonly string[] {
  const rows = results.map(({ rule, kind, looks, found, wrong, alarms }) => {
    const right = found + wrong === 0 ? 1 : found / (found + wrong);
    return `| ${rule} | ${kind} | ${looks} | ${percent(found / looks)} | ${percent(right)} | ${alarms ?? '–'} |`;
  });
  return [
    `Rules that decide over texts as a whole, each with as many texts that resemble what it has to find; alarms are those among ${harmlessTexts.toLocaleString('en')} harmless texts.`,
    '',
    '| rule | kind | texts | recall | precision | alarms |',
    '|---|---|---|---|---|---|',
    ...rows,
  ];
}

/** The page with the tables in the place of those that it has. Throws where it has none. */
export function replaceTable(page: string, tables: string): string {
  const [from, to] = [page.indexOf(opening), page.indexOf(closing)];
  if (from === -1 || to === -1) throw new Error(`The page has no ${opening} … ${closing}.`);
  return page.slice(0, from) + tables + page.slice(to + closing.length);
}
