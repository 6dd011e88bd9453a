import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryDirectory } from './support/mesh.ts';
import { metricRows, readEveryMetric } from './support/metrics-docs.ts';
import {
  listAlertExpressions,
  listPanelExpressions,
  listSeriesNames,
  observabilityDir,
  readDashboards,
} from './support/observability-files.ts';

const run = promisify(execFile);
const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;

describe('the dashboards of deploy/observability', () => {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, 'support/grafana-dashboard.schema.json'), 'utf8'),
  );
  const validate = new Ajv({ allErrors: true }).compile(schema);

  it.each(readDashboards())('have what Grafana requires: %s', (_name, dashboard) => {
    expect([validate(dashboard), validate.errors]).toEqual([true, null]);
  });

  it.each(readDashboards())('have panels that do not cover each other: %s', (_name, dashboard) => {
    const number = z.number();
    const place = z.object({ x: number, y: number, w: number, h: number });
    const { panels } = z
      .object({ panels: z.array(z.object({ id: number, gridPos: place })) })
      .parse(dashboard);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('and the alerts use every metric of Heddle but the older names', async () => {
    const used = [...listPanelExpressions(), ...listAlertExpressions()].flatMap(listSeriesNames);
    const names = metricRows(await readEveryMetric()).map((row) => /`(\w+)`/.exec(row)?.[1] ?? '');
    const isUsed = (name: string) =>
      used.some((series) => series.replace(/_(?:bucket|sum|count)$/, '') === name || series === name);
    const old = ['gen_ai_client_operation_duration_seconds', 'gen_ai_client_token_usage'];
    expect(names.filter((name) => !isUsed(name)).toSorted()).toEqual(old);
  });
});

describe.skipIf(!hasPromtool)('promtool', () => {
  it('accepts the alert rules, and sees each of their cases fire or not as stated', async () => {
    await run('promtool', ['check', 'rules', 'alerts.yml'], { cwd: observabilityDir });
    await run('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: observabilityDir });
  });

  it('accepts every expression of the dashboards', async () => {
    await using dir = await temporaryDirectory();
    const rules = listPanelExpressions().map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = join(dir.path, 'panels.yml');
    await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { stdout } = await run('promtool', ['check', 'rules', file]);
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('accepts the metrics, but for three names that are not ours', async () => {
    const child = spawnSync('promtool', ['check', 'metrics'], { input: await readEveryMetric() });
    const found = String(child.stderr).trim().split('\n');
    expect(
      found.filter((line) => !/^nodejs_active_(?:handles|requests|resources)_total /.test(line)),
    ).toEqual([]);
  });
});
