import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** Alert rules and dashboards, as operators load them. */
export const observabilityDir = resolve(import.meta.dirname, '../../deploy/observability');

const alertFile = z.object({
  groups: z.array(
    z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() }).loose()).min(1) }),
  ),
});
const dashboardFile = z.looseObject({
  panels: z.array(z.looseObject({ targets: z.array(z.looseObject({ expr: z.string() })) })),
});

/** The texts of the dashboards by their file names. */
export function readDashboards(): readonly (readonly [string, unknown])[] {
  const names = readdirSync(observabilityDir).filter((name) => name.startsWith('dashboard-'));
  return names.map((name) => [name, JSON.parse(readFileSync(join(observabilityDir, name), 'utf8'))]);
}

/** Every expression of PromQL in an alert rule. */
export function listAlertExpressions(): readonly string[] {
  const text = readFileSync(join(observabilityDir, 'alerts.yml'), 'utf8');
  const { groups } = alertFile.parse(parse(text));
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

/** Every expression of PromQL in a panel, with Grafana's variables replaced as Grafana does. */
export function listPanelExpressions(): readonly string[] {
  const dashboards = readDashboards().map(([, dashboard]) => dashboardFile.parse(dashboard));
  return dashboards
    .flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)))
    .map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'));
}

/** The series that an expression reads: names, `_bucket`, `_sum` and `_count` included. */
export function listSeriesNames(expression: string): readonly string[] {
  const withoutStrings = expression.replaceAll(/"[^"]*"/g, '""');
  // Labels stand in braces, or in parentheses after by.
  const bare = withoutStrings.replaceAll(/\bby \([^)]*\)|\{[^}]*\}/g, '');
  return [...new Set([...bare.matchAll(/\b(?:heddle|gen_ai|process|nodejs)_\w+/g)].map(([name]) => name))];
}
