/** Measures the rules that find values at their places, and writes the table of docs/guardrails.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { measure, precision, recall } from './measure.ts';
import { replaceTable, writeTable } from './table.ts';

const page = new URL('../../docs/guardrails.md', import.meta.url);
const measured = await measure(200, 10_000, 20_261_129);
for (const one of measured.kinds) {
  if (recall(one) < 1 || precision(one) < 1) {
    console.log(`${one.rule} ${one.kind}: recall ${recall(one)}, ${one.wrong} wrong`);
  }
}
for (const { kind, found, text } of measured.falseAlarms) {
  console.log(`false alarm: ${kind} ${JSON.stringify(found)} in ${JSON.stringify(text.slice(0, 400))}`);
}
writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), writeTable(measured)));
console.log(
  `docs/guardrails.md: ${measured.kinds.length} kinds, ${measured.falseAlarms.length} false alarms`,
);
