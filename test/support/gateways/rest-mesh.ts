import { readSupergraph } from '#schema/compose.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { createSampleMesh, type SampleMesh } from './sample-subgraphs.ts';

const supergraphSdl = readSupergraph();

const usage = {
  inputTokens: 3,
  outputTokens: 2,
  totalTokens: 5,
  cachedInputTokens: 1,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  reasoningTokens: 0,
};

/** A completion with every field that a handler may select. */
const sampleCompletion = {
  __typename: 'Completion',
  id: 'c1',
  status: 'SUCCEEDED',
  text: 'Hello',
  json: null,
  reasoning: null,
  reasoningBlocks: [],
  refusal: null,
  citations: [],
  providerBlocks: [],
  outline: [{ __typename: 'OutlineItem', kind: 'TEXT', index: 0 }],
  finishDetail: null,
  stopSequence: null,
  systemFingerprint: null,
  serviceTier: null,
  logprobs: null,
  alternatives: [],
  dropped: [],
  limits: [],
  guardrailVerdicts: [],
  toolCalls: [],
  finishReason: 'STOP',
  usage,
  cost: '0',
  cache: 'BYPASS',
  model: { __typename: 'Model', id: 'demo/echo' },
  error: null,
  attachment: '{"items":[{"role":"user","content":"Hello"}],"request":{}}',
  createdAt: '2026-11-28T12:00:00.000Z',
};

/** What the root fields of a subgraph answer with, by their names. */
export type RestAnswers = Readonly<Record<string, unknown>>;

const sampleModel = {
  __typename: 'Model',
  id: 'demo/echo',
  callName: 'demo/echo',
  name: 'echo',
  access: 'OPEN',
  capabilities: ['CHAT'],
};

const answers: RestAnswers = {
  complete: sampleCompletion,
  countTokens: { inputTokens: 3, isEstimated: true },
  runPrompt: { ...sampleCompletion, promptVersion: { __typename: 'PromptVersion', id: 'v3' } },
  prompts: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } },
  _entities: [{ __typename: 'PromptVersion', number: 3 }],
  completion: sampleCompletion,
  cancelCompletion: sampleCompletion,
  deleteCompletion: 'c1',
  embed: {
    vectors: [[1, 0]],
    usage,
    limits: [],
    guardrailVerdicts: [],
    model: sampleModel,
    invocation: { __typename: 'Invocation', id: 'i1' },
  },
  models: { edges: [{ node: sampleModel }], pageInfo: { hasNextPage: false, endCursor: null } },
  model: sampleModel,
  routes: [{ id: 'fast', alias: 'fast', access: 'OPEN' }],
  route: null,
  modelAliases: [],
  modelAlias: null,
};

/**
 * The real graph in front of subgraphs that answer with what is given by root field, for handlers whose operations the sample
 * graph does not have. Callers and their keys are those of the sample mesh.
 */
export function createRestMesh(given: RestAnswers = {}): SampleMesh {
  const sample = createSampleMesh();
  const data = { ...answers, ...given };
  const executor = (subgraph: 'models' | 'prompts' | 'usage' | 'inference'): SubgraphExecutor => ({
    execute: async (request) => {
      sample.calls.push({ subgraph, query: '', request });
      return { data };
    },
  });
  const executors = {
    ...sample.executors,
    models: executor('models'),
    prompts: executor('prompts'),
    usage: executor('usage'),
    inference: executor('inference'),
  };
  if (supergraphSdl === undefined) throw new Error('There is no supergraph: run npm run schema:compose.');
  return { ...sample, executors, supergraphSdl };
}
