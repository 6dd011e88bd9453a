import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { Database } from '#mongo/connect.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, type TestInference } from '#test/support/inference.ts';

const FIELDS = `__typename completionId sequence
  ... on CompletionStarted { model { id } } ... on TextDelta { text } ... on ReasoningDelta { text }
  ... on ToolCallDelta { index id name argumentsDelta } ... on CompletionRestarted { reason model { id } }
  ... on CompletionFinished { completion { id text status finishReason toolCalls { id name arguments } usage { totalTokens } } }
  ... on CompletionFailed { code message retryAfterMs completion { text status } }`;

const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${FIELDS} } }`;

const RESUME = `subscription ($id: ID!, $after: Int! = -1) { resumeCompletion(id: $id, after: $after) { ${FIELDS} } }`;

const asking = (model: string, more: Record<string, unknown> = {}) => ({
  input: { model, messages: [{ role: 'USER', content: 'one two three' }], ...more },
});

type Event = Record<string, unknown> & { readonly completionId: string; readonly sequence: number };

async function all(events: AsyncIterable<Record<string, unknown>>): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of events) seen.push(event as Event);
  return seen;
}

const types = (events: readonly Event[]) => events.map(({ __typename }) => __typename);

const joinText = (events: readonly Event[]) => events.map(({ text = '' }) => text).join('');

async function ended(mesh: TestInference) {
  return vi.waitFor(async () => {
    const rows = await mesh.rows();
    expect(rows[0]?.endedAt).toBeInstanceOf(Date);
    return rows;
  });
}

let database: Database;

/** Starts what the tests of a file share before them, and ends it behind them. */
export function useStreamedCalls(): void {
  beforeAll(async () => {
    database = await openTestDatabase();
    await fillCatalog(database);
  });
  afterAll(() => database.close());
}

export type { Event };
export { all as collectStream, asking, database, ended, joinText, RESUME, STREAM, types };
