import { afterAll, beforeAll, describe } from 'vitest';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
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

describe('the mesh in one process', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startOneProcess({ ...scenarioVariables, HEDDLE_WS_INIT_TIMEOUT_MS: '500' });
  });
  afterAll(() => mesh[Symbol.asyncDispose]());

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
