import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import {
  chatModel,
  claudeModel,
  demoModel,
  reasoningAliases,
  startFrameworkMesh,
} from '../sdks/frameworks/framework-mesh.ts';

/** Runs the checks of both packages by the Python of the first argument: see README.md. */
const [python = 'python3'] = process.argv.slice(2);
await using upstreams = await startFrameworkMesh();
const { mesh, client } = upstreams;
const limited = await newTenant(() => mesh, {
  limits: [{ meter: 'REQUESTS', window: 'HOUR', amount: '1' }],
});
const poor = await newTenant(() => mesh);
await poor.client.data('mutation ($input: BudgetInput!) { saveBudget(input: $input) { id } }', {
  input: { amount: '0.000001', window: 'MONTH' },
});
const env = {
  PATH: process.env.PATH ?? '',
  MESH_URL: mesh.url,
  MESH_KEY: client.key,
  LIMITED_KEY: limited.client.key,
  POOR_KEY: poor.client.key,
  MODELS: [demoModel, chatModel, claudeModel].join(' '),
  REASONING_MODELS: Object.values(reasoningAliases).join(' '),
};
// The upstreams answer in this process: it does not wait for the checks.
for (const file of ['check_openai.py', 'check_anthropic.py']) {
  const check = spawn(python, [join(import.meta.dirname, file)], { env, stdio: 'inherit' });
  const [code] = await once(check, 'close');
  if (code !== 0) process.exitCode = 1;
}
