import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ErasureRule,
  endUserRules,
  erasureSteps,
  expiryStep,
  reportStep,
  tenantRules,
} from '#mongo/erasure-rules.ts';
import { createInferenceErasers } from '#subgraphs/inference/erasers.ts';
import { createModelsErasers } from '#subgraphs/models/erasers.ts';
import { createPromptsErasers } from '#subgraphs/prompts/erasers.ts';
import { createTenantsErasers } from '#subgraphs/tenants/erasure/erasers.ts';
import { createUsageErasers } from '#subgraphs/usage/erasers.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testSecrets } from '#test/support/seal.ts';
import { testServices } from '#test/support/subgraph.ts';

const root = resolve(import.meta.dirname, '../..');

/** The names of all collections that a file of mongo/ defines. */
const collections = globSync('mongo/{*,audit/*,usage/*}.ts', {
  cwd: root,
  exclude: ['**/*.test.ts'],
}).flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/= defineCollection<\w+>\(\s*'(\w+)'/g)].map(
    ([, name = '']) => name,
  ),
);

const ruleTables = { TENANT: tenantRules, END_USER: endUserRules } as const;

describe.each(Object.entries(ruleTables))('the rules of erasures of the kind %s', (kind, rules) => {
  const steps = erasureSteps[kind as keyof typeof ruleTables];

  it('cover every collection of the store', () => {
    expect(collections.length).toBeGreaterThan(35);
    expect(Object.keys(rules).toSorted()).toEqual(collections.toSorted());
  });

  it('name steps that there are, and no step is without a rule', () => {
    const named = Object.values(rules).flatMap((rule) => (rule.how === 'KEPT' ? [] : [rule.step]));
    expect(new Set([...named, expiryStep, reportStep])).toEqual(new Set(steps.map(({ name }) => name)));
    expect(steps.at(-1)?.name).toBe(reportStep);
  });
});

it('the rules of erasures are in docs/erasure.md', () => {
  const lines = readFileSync(join(root, 'docs/erasure.md'), 'utf8').split('\n');
  const toCell = (rule: ErasureRule | undefined) =>
    rule === undefined || rule.how === 'KEPT' ? `kept: ${rule?.why}` : rule.how.toLowerCase();
  const rows = collections.map(
    (name) => `| \`${name}\` | ${toCell(tenantRules[name])} | ${toCell(endUserRules[name])} |`,
  );
  expect(rows.filter((row) => !lines.includes(row))).toEqual([]);
});

it('each step has an eraser of its part', async () => {
  await using database = await openTestDatabase();
  const { connection } = database;
  const services = { ...testServices(database), connection, secrets: testSecrets };
  const parts = {
    tenants: createTenantsErasers(services),
    models: createModelsErasers(services),
    prompts: createPromptsErasers(services),
    inference: createInferenceErasers({ connection }),
    usage: createUsageErasers({ connection }),
  };
  for (const [kind, steps] of Object.entries(erasureSteps) as [
    keyof typeof erasureSteps,
    typeof erasureSteps.END_USER,
  ][]) {
    const erasers = Object.entries(parts).flatMap(([part, made]) =>
      Object.keys(made[kind]).map((name) => `${part} ${name}`),
    );
    const named = steps
      .filter(({ name }) => name !== reportStep && name !== expiryStep)
      .map(({ part, name }) => `${part} ${name}`);
    expect(named.toSorted()).toEqual(erasers.toSorted());
  }
});
