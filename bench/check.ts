/** `npm run bench:check`: measures under the load of bench/budget.json, and fails beyond its ratios. BUDGET=<file> names another budget. */
import { readFileSync } from 'node:fs';
import { type BenchBudget, computeRatios, findOverruns } from './budget.ts';
import { measure } from './measure.ts';

const file = process.env.BUDGET ?? new URL('./budget.json', import.meta.url);
const budget = JSON.parse(readFileSync(file, 'utf8')) as BenchBudget;
const ratios = computeRatios((await measure(budget.load)).costs);
const overruns = findOverruns(ratios, budget);
console.log(
  Object.entries(ratios)
    .map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`)
    .join(', '),
);
for (const overrun of overruns) console.error(overrun);
process.exitCode = overruns.length === 0 ? 0 : 1;
