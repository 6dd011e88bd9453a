import { describe, expect, it } from 'vitest';
import { toKeptRequest } from './call-payload.ts';
import { writeEmbeddingPayload } from './embedding-payload.ts';

const call = {
  messages: [{ role: 'system', content: 'what the author wrote' }],
  temperature: 0.5,
} as const;

describe('the request of a payload', () => {
  it('has the messages of a call, but those of a prompt of the mesh, whose texts its tenant does not read', () => {
    expect(toKeptRequest(call, {})).toEqual(call);
    expect(toKeptRequest(call, { ofMesh: { system: [], user: [] } })).toEqual({ temperature: 0.5 });
  });
});

describe('the payload of an embedding', () => {
  it('has its own attempts, and not those that guardrails have made', () => {
    const attempts = [
      { modelId: 'p/judge', outcome: 'SUCCEEDED', guardrail: 'llm' },
      { modelId: 'p/embed', outcome: 'FAILED' },
      { modelId: 'p/embed', outcome: 'SUCCEEDED' },
    ] as const;
    const written = writeEmbeddingPayload({ values: ['x'], dimensions: 2, vectors: [[1, 2]], attempts });
    expect(JSON.parse(written)).toEqual({
      request: { values: ['x'], dimensions: 2 },
      response: { vectors: 1, dimensions: 2 },
      attempts: [{ model: 'embed', response: null }, { model: 'embed' }],
      isCut: false,
    });
  });
});
