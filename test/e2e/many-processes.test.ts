import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestClient } from '#test/support/client.ts';
import { startManyProcesses, type TestMesh } from '#test/support/mesh.ts';
import { hasRedis, startRedis } from '../support/processes/redis.ts';
import { accessScenarios } from './scenarios/access.ts';
import { badInputScenarios } from './scenarios/bad-input.ts';
import { exactNumberScenarios } from './scenarios/exact-numbers.ts';
import { invocationScenarios } from './scenarios/invocation.ts';
import { peopleScenarios } from './scenarios/people.ts';
import { policyScenarios } from './scenarios/policy.ts';
import { promptScenarios } from './scenarios/prompts.ts';
import { provisioningScenarios } from './scenarios/provisioning/provisioning.ts';
import { scenarioVariables } from './scenarios/setup.ts';
import { streamScenarios } from './scenarios/streams.ts';

const redisHere = hasRedis();
if (!redisHere) console.warn('No redis-server on the PATH: the many-process suite runs without Redis.');

describe(`the mesh in many processes, ${redisHere ? 'joined by Redis' : 'without Redis'}`, () => {
  const stack = new AsyncDisposableStack();
  let mesh: TestMesh;
  beforeAll(async () => {
    const redis = redisHere ? stack.use(await startRedis()) : undefined;
    mesh = stack.use(await startManyProcesses({ redisUrl: redis?.url, environment: scenarioVariables }));
  });
  afterAll(() => stack.disposeAsync());

  accessScenarios(() => mesh);
  invocationScenarios(() => mesh);
  streamScenarios(() => mesh);
  promptScenarios(() => mesh);
  badInputScenarios(() => mesh);
  exactNumberScenarios(() => mesh);
  peopleScenarios(() => mesh);
  policyScenarios(() => mesh);
  provisioningScenarios(() => mesh);

  it.runIf(redisHere)('logs in every process as setLogLevel sets it, then as it is configured', async () => {
    const set = (input: object) =>
      createTestClient(mesh.url, mesh.adminKey).data(
        'mutation ($input: SetLogLevelInput!) { setLogLevel(input: $input) { level } }',
        { input },
      );
    const serving = mesh.processes.filter(({ child }) => !child.spawnargs.includes('store'));
    const listChanges = () =>
      serving.map(({ output }) =>
        [...output().matchAll(/^\{.*"event":"log_level".*\}$/gm)].map(([line]) => {
          const { from, to } = JSON.parse(line);
          return `${from} to ${to}`;
        }),
      );
    const changed = ['warn to info', 'info to warn'];
    await set({ level: 'INFO' });
    await expect.poll(listChanges).toEqual(serving.map(() => changed.slice(0, 1)));
    await set({});
    await expect.poll(listChanges).toEqual(serving.map(() => changed));
  });
});
