/**
 * Attacks meshes by the OWASP LLM Top 10 and writes the table of docs/security.md. Exit code 1: of a category less was stopped than it states.
 * ATTEMPTS (of each kind) and SEED change the run; the page is written for the defaults alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { attack } from './run.ts';
import { findFailures, replaceRedTeamTable, writeTable } from './table.ts';

const defaults = { attempts: 10, seed: 20_261_129 };
const attempts = Number(process.env.ATTEMPTS ?? defaults.attempts);
const seed = Number(process.env.SEED ?? defaults.seed);
const [none, byDefault, every] = await Promise.all([
  attack('none', attempts, seed),
  attack('default', attempts, seed),
  attack('every', attempts, seed),
]);
const outcomes = { none, default: byDefault, every };
const table = writeTable(outcomes);
console.log(table);
if (attempts === defaults.attempts && seed === defaults.seed) {
  const page = new URL('../../docs/security.md', import.meta.url);
  writeFileSync(page, replaceRedTeamTable(readFileSync(page, 'utf8'), table));
}
const failures = findFailures(outcomes);
for (const failure of failures) console.error(`Too little was stopped: ${failure}.`);
if (failures.length > 0) process.exitCode = 1;
