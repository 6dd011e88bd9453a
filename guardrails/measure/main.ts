/** Measures the rules at their sets, and writes the tables of docs/guardrails.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createJsonSchemas } from '#core/json-schema/json-schema.ts';
import { measure, precision, recall } from './measure.ts';
import { measureContent } from './measure-content.ts';
import { replaceTable, writeTables } from './table.ts';

const page = new URL('../../docs/guardrails.md', import.meta.url);
const seed = 20_261_129;
/** Looks of a kind that are shown where the rule decided wrongly. */
const shownMax = 5;
const measured = await measure(200, 10_000, seed);
for (const one of measured.kinds) {
  if (recall(one) < 1 || precision(one) < 1) {
    console.log(`${one.rule} ${one.kind}: recall ${recall(one)}, ${one.wrong} wrong`);
  }
}
for (const { kind, found, text } of measured.falseAlarms) {
  console.log(`false alarm: ${kind} ${JSON.stringify(found)} in ${JSON.stringify(text.slice(0, 400))}`);
}

await using jsonSchemas = createJsonSchemas();
const content = await measureContent(200, 10_000, seed, jsonSchemas);
const shown = new Map<string, number>();
for (const { rule, kind, sort, text } of content.wrongLooks) {
  const key = `${rule} ${kind} ${sort}`;
  const count = (shown.get(key) ?? 0) + 1;
  shown.set(key, count);
  if (count <= shownMax) console.log(`${key}: ${JSON.stringify(text.slice(0, 200))}`);
}
writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), writeTables(measured, content)));
console.log(
  `docs/guardrails.md: ${measured.kinds.length + content.results.length} kinds, ${measured.falseAlarms.length} false alarms`,
);
