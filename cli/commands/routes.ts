import { parseArgs } from 'node:util';
import { doors } from '#gateway/doors/doors.ts';
import { type Route, RouteTable } from '#gateway/http/route-table.ts';
import { readEnvironment } from '#server/config.ts';

/** What a client needs for each access, as the table shows it. */
const needs: Readonly<Record<Route['access'], string>> = {
  unlimited: 'nothing',
  public: 'nothing',
  optional: 'an API key, where the operation requires one',
  required: 'an API key',
  off: 'turned off',
};

/**
 * `heddle routes`: prints each method and path of the gateway with its handler and what it requires, by the variables of
 * the environment. With `--json` for programs.
 */
export async function printRoutes(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const environment = readEnvironment(process.env);
  const routes = new RouteTable(doors, {
    introspection: environment.HEDDLE_INTROSPECTION,
    explorer: environment.HEDDLE_EXPLORER,
  }).list();
  console.log(values.json ? JSON.stringify(routes, null, 2) : formatRoutes(routes));
  return 0;
}

/** The routes as a table of text, a line each. */
export function formatRoutes(routes: readonly Route[]): string {
  const rows = [
    ['METHOD', 'PATH', 'HANDLER', 'NEEDS', 'WHEN'],
    ...routes.map(({ method, path, door, access, when }) => [method, path, door, needs[access], when ?? '']),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows
    .map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}
