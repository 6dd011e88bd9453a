import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addProvider, newTenant } from '#test/e2e/scenarios/setup.ts';
import { bodies, type Case, cases, type Dialect, paths } from '#test/support/bad-input/cases.ts';
import { fullBodies, listPaths, replaceAt } from '#test/support/bad-input/full-bodies.ts';
import { type ChatUpstream, openChatUpstream, sendChatText } from '#test/support/chat-upstream.ts';
import type { TestClient } from '#test/support/client.ts';
import { fc } from '#test/support/properties.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';

let upstream: ChatUpstream;
const mesh = findSharedMesh();
/** As the cases name it; no other file does. */
const providerId = 'openai-compatible';
let client: TestClient;
beforeAll(async () => {
  upstream = await openChatUpstream((body, response) => sendChatText(body, response, 'Hello'));
  const provider = { id: providerId, kind: 'OPENAI_COMPATIBLE', baseUrl: upstream.url };
  await addProvider(() => mesh, provider, { name: 'small', contextTokens: 1_000 });
  const scopes = ['inference:invoke', 'completions:read', 'usage:read'];
  ({ client } = await newTenant(() => mesh, { scopes }));
});
afterAll(() => upstream[Symbol.asyncDispose]());

function send(dialect: Dialect, body: string): Promise<Response> {
  return fetch(`${mesh.url}${paths[dialect]}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${client.key}`,
      'content-type': 'application/json',
      ...(dialect === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
    },
    body,
  });
}

interface DialectError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | null;
  readonly param?: string | null;
  readonly heddle_code: string;
}

async function refuse(dialect: Dialect, body: string) {
  const before = upstream.bodies.length;
  const response = await send(dialect, body);
  const { error } = (await response.json()) as { error: DialectError };
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect(response.headers.get('retry-after')).toBeNull();
  expect(upstream.bodies).toHaveLength(before);
  const { invocations } = await client.data<{ invocations: { totalCount: number } }>(
    '{ invocations(filter: { status: RUNNING }) { totalCount } }',
  );
  expect(invocations.totalCount).toBe(0);
  return { status: response.status, ...error };
}

/** Names that only the graph has: no client of a dialect has sent them. */
const graphNames =
  /\$input|CompletionInput|imageUrl|mediaType|toolCallId|maxOutputTokens|providerOptions|responseSchema|toolChoice|endUserId|topP\b|\bparts\[|GraphQL|the query/;

describe('bad input over REST', () => {
  it.for<Case>(cases)(
    '%s, %s: names the field of the client, calls nothing and leaves no row',
    async ([, dialect, fields, param, message, more = {}]) => {
      const error = await refuse(dialect, JSON.stringify({ ...bodies[dialect], ...fields }));
      const { status = 400, code = null, type = 'invalid_request_error' } = more;
      expect(error).toMatchObject({ status, type, message: expect.stringMatching(message) });
      expect(error.message).not.toMatch(graphNames);
      if (dialect !== 'anthropic') expect(error).toMatchObject({ param, code });
      else if (param !== null && status === 400) expect(error.message).toContain(param);
    },
  );

  it.each(Object.keys(paths) as Dialect[])(
    '%s: refuses what is no JSON, and what is no object',
    async (dialect) => {
      for (const body of ['{"model":', 'null', '[]', '"x"', '1']) {
        expect(await refuse(dialect, body)).toMatchObject({ status: 400, type: 'invalid_request_error' });
      }
    },
  );

  it.each(Object.keys(paths) as Dialect[])(
    '%s: refuses a value that nests too deep, wherever it stands, by the names of the client',
    async (dialect) => {
      for (const path of listPaths(fullBodies[dialect])) {
        for (const [levels, open, close] of [
          [70, '[', ']'],
          [70, '{"a":', '}'],
          [50_000, '{"type":"document","source":{"type":"content","content":[', ']}}'],
        ] as const) {
          const deep = `${open.repeat(levels)}1${close.repeat(levels)}`;
          const body = JSON.stringify(replaceAt(fullBodies[dialect], path, '@')).replace('"@"', () => deep);
          const response = await send(dialect, body);
          const text = await response.text();
          const about = `${path.join('.')} ${levels} ${open} ${text}`;
          expect(levels === 70 ? [200, 400, 404] : [400], about).toContain(response.status);
          if (response.status === 200) continue;
          expect((JSON.parse(text) as { error: DialectError }).error.message, about).not.toMatch(graphNames);
        }
      }
    },
  );

  it.each(Object.keys(paths) as Dialect[])(
    '%s: never fails by a value of another kind, nor names a field that only the graph has',
    async (dialect) => {
      const value = fc.oneof(
        fc.constantFrom<unknown>(
          null,
          true,
          -1,
          1e12,
          0.5,
          '',
          'x',
          [],
          {},
          [null],
          [[]],
          [{}],
          { type: 'x' },
          { type: 7 },
        ),
        fc.jsonValue({ maxDepth: 2 }),
      );
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...listPaths(fullBodies[dialect])), value, async (path, other) => {
          const body = JSON.stringify(replaceAt(fullBodies[dialect], path, other));
          const response = await send(dialect, body);
          const text = await response.text();
          if (response.status !== 200) {
            expect([400, 404], `${path.join('.')} ${JSON.stringify(other)} ${text}`).toContain(
              response.status,
            );
            expect((JSON.parse(text) as { error: DialectError }).error.message).not.toMatch(graphNames);
          }
        }),
        { numRuns: 150 },
      );
    },
  );
});
