import { expect } from 'vitest';
import type { Collector } from './collector.ts';
import type { TestMesh } from './mesh.ts';
import type { CollectedSpan } from './otlp-messages.ts';

/** A span of a client. */
export const spanId = '00f067aa0ba902b7';
/** A trace of a client, of its own for each call of a test. */
export const newTrace = (at: number) => at.toString(16).padStart(32, 'a');
/** How long a test may take that starts a mesh. */
export const startTimeoutMs = 120_000;
/** Variables of a mesh that sends its traces to the collector at once. */
export const tracing = (collector: Collector, more: Readonly<Record<string, string>> = {}) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  ...more,
});

/** Sends a body with the admin key. */
export async function post(
  { url, adminKey }: Pick<TestMesh, 'url' | 'adminKey'>,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey}`, ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const chat = (content: string, more: object = {}) => ({
  model: 'demo/echo',
  messages: [{ role: 'user', content }],
  ...more,
});
/** Calls `demo/echo` over REST. */
export const complete = (
  mesh: TestMesh,
  content: string,
  more: object = {},
  headers: Record<string, string> = {},
) => post(mesh, '/v1/chat/completions', chat(content, more), headers);

/** Every span under its parents: `POST /graphql > query > plan`. */
export function paths(spans: readonly CollectedSpan[]): readonly string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const path = ({ name, parentSpanId }: CollectedSpan): string => {
    const parent = byId.get(parentSpanId ?? '');
    return parent === undefined ? name : `${path(parent)} > ${name}`;
  };
  return spans.map(path);
}

/** The span of a request, whose end is the last of its trace. */
export const request = 'POST /v1/chat/completions';
/** The span of a name; fails the test where there is none. */
export const find = (spans: readonly CollectedSpan[], name: string) => {
  const found = spans.find((span) => span.name === name);
  expect(found, `${name} in ${spans.map((span) => span.name)}`).toBeDefined();
  return found as CollectedSpan;
};
