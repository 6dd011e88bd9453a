import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildApiSchema } from '#schema/api-schema.ts';
import { newTenant } from '#test/e2e/scenarios/setup.ts';
import { makeOperation, type OperationKind } from '#test/router/operations.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import { createRandom, printedSeed } from '#test/support/random.ts';
import { listAlarms } from './support/victim.ts';

/** HEDDLE_RANDOM_OPERATIONS asks for more, HEDDLE_TEST_SEED for others. */
const operations = Number(process.env.HEDDLE_RANDOM_OPERATIONS ?? 500);
const seed = printedSeed('random operations');
const schema = buildApiSchema(
  readFileSync(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8'),
);
const kinds: readonly OperationKind[] = ['query', 'query', 'mutation', 'mutation', 'subscription'];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startOneProcess();
});
afterAll(() => mesh[Symbol.asyncDispose]());

it(
  'answers every valid operation with data or a reason, and never with one that it did not expect',
  async () => {
    const random = createRandom(seed);
    const { tenantId, appId, keyId } = await newTenant(() => mesh);
    const ids = [tenantId, appId, keyId, 'demo/echo', 'demo/failing', 'demo/embedding', 'demo', 'nothing'];
    const codes = new Set<unknown>();
    for (let count = 0; count < operations; count++) {
      const operation = makeOperation(schema, random.pick(kinds), () => ids, random);
      // The stream of events does not end; subgraphs/usage/events has its tests.
      if (operation.query.startsWith('subscription') && /\bevents\b/.test(operation.query)) continue;
      const body = JSON.stringify(operation);
      const response = await fetch(`${mesh.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream, application/json;q=0.9',
          authorization: `Bearer ${mesh.adminKey}`,
        },
        body,
      });
      const text = await response.text();
      expect(response.status, body).toBeLessThan(500);
      for (const [, code] of text.matchAll(/"code":"([A-Z_]+)"/g)) codes.add(code);
      expect(text, body).not.toContain('"INTERNAL"');
    }
    // It is no fuzz of the front door alone.
    expect([...codes]).toEqual(expect.arrayContaining(['NOT_FOUND', 'BAD_USER_INPUT']));
    // Some of them took away what a completion needs; the mesh itself continues.
    expect((await fetch(`${mesh.url}/health/ready`)).status).toBe(200);
    expect(listAlarms(mesh)).toEqual([]);
  },
  60_000 + operations * 100,
);
