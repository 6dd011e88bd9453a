import { afterAll, beforeAll, describe } from 'vitest';
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
import { streamScenarios } from './scenarios/streams.ts';

const redisHere = hasRedis();
if (!redisHere) console.warn('No redis-server on the PATH: the many-process suite runs without Redis.');

describe(`the mesh in many processes, ${redisHere ? 'joined by Redis' : 'without Redis'}`, () => {
  const stack = new AsyncDisposableStack();
  let mesh: TestMesh;
  beforeAll(async () => {
    const redis = redisHere ? stack.use(await startRedis()) : undefined;
    mesh = stack.use(await startManyProcesses({ redisUrl: redis?.url }));
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
});
