/** Measures the conditions of alerts on synthetic traffic, and writes the table of docs/alerts.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { measureAlerts } from './measure.ts';
import { replaceAlertTable, writeAlertTable } from './table.ts';

const tenants = Number(process.env.ALERTS_TENANTS ?? 40);
const keys = Number(process.env.ALERTS_KEYS ?? 400);
/** Not the one that thresholds were chosen by, which was 20261129. */
const seed = 7_340_033;
const table = writeAlertTable(measureAlerts(tenants, keys, seed), { tenants, keys, seed });
const page = process.env.ALERTS_PAGE ?? new URL('../../docs/alerts.md', import.meta.url);
writeFileSync(page, replaceAlertTable(readFileSync(page, 'utf8'), table));
console.log(table);
