/** `npm run bench:check`: measures under the load of bench/budget.json, and fails beyond its ratios. BUDGET=<file> names another budget. */
import { readFileSync } from 'node:fs';
import { type BenchBudget, computeRatios, findOverruns } from './budget.ts';
import { measure } from './measure.ts';

const file = process.env.BUDGET ?? new URL('./budget.json', import.meta.url);
const budget = JSON.parse(readFileSync(file, 'utf8')) as BenchBudget;
const ratios = computeRatios(await measure(budget.load));
const overruns = findOverruns(ratios, budget);
console.log(
  `complete ${ratios.complete.toFixed(2)}, token ${ratios.token.toFixed(2)} times the pass-through`,
);
for (const overrun of overruns) console.error(overrun);
process.exitCode = overruns.length === 0 ? 0 : 1;
