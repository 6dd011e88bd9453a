import { describe, expect, it } from 'vitest';
import type { Attributes } from '#core/tracing/span.ts';
import { Recording } from '../recording.ts';
import { readAttributes } from './exported-attributes.ts';

const messages = '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]';
const answer = '[{"role":"assistant","parts":[{"type":"text","content":"Hello"}],"finish_reason":"stop"}]';

/** As inference/tracing/ states them of a call of a tenant whose payload rule is FULL. */
const call: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 100,
  'gen_ai.usage.output_tokens': 40,
  'gen_ai.usage.cache_read.input_tokens': 30,
  'gen_ai.usage.cache_write.input_tokens': 20,
  'gen_ai.usage.reasoning.output_tokens': 10,
  'gen_ai.conversation.id': 'chat 7',
  'gen_ai.input.messages': messages,
  'gen_ai.output.messages': answer,
  'user.id': 'ada',
  'langfuse.trace.tags': ['web'],
  'heddle.cost': 0.25,
};

function exported(attributes: Attributes) {
  const output = {
    slowMs: Number.MAX_VALUE,
    ...{ admit: () => true, hold: () => true, export() {}, dropped() {}, release() {} },
  };
  const recording = new Recording({ traceId: '1'.repeat(32), isSampled: true, state: undefined }, output);
  return readAttributes(recording.begin('span', { kind: 'CLIENT', attributes }, undefined), false).attributes;
}

/** What a receiver takes for a property: the first of the names that the span has. */
function read(attributes: Attributes, names: readonly string[]) {
  const span = exported(attributes);
  return names.map((name) => span[name]).find((value) => value !== undefined);
}

/**
 * The names that each receiver reads, in its order. Langfuse: https://langfuse.com/integrations/native/opentelemetry#property-mapping and, for the names
 * that the page leaves out, its source of 2026-08. Phoenix: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md.
 */
const receivers: Readonly<Record<string, readonly (readonly [string, readonly string[], unknown])[]>> = {
  Langfuse: [
    ['type', ['langfuse.observation.type', 'openinference.span.kind', 'gen_ai.operation.name'], 'LLM'],
    ['model', ['langfuse.observation.model.name', 'gen_ai.response.model', 'gen_ai.request.model'], 'gpt-5'],
    ['usage: input', ['gen_ai.usage.prompt_tokens', 'gen_ai.usage.input_tokens'], 100],
    ['usage: output', ['gen_ai.usage.completion_tokens', 'gen_ai.usage.output_tokens'], 40],
    ['usage: total', ['gen_ai.usage.total_tokens', 'llm.token_count.total'], 140],
    ['usage: input_cached_tokens', ['gen_ai.usage.cache_read.input_tokens'], 30],
    [
      'usage: input_cache_creation',
      ['gen_ai.usage.cache_creation.input_tokens', 'llm.token_count.prompt_details.cache_write'],
      20,
    ],
    ['usage: output_reasoning_tokens', ['gen_ai.usage.reasoning.output_tokens'], 10],
    ['cost', ['langfuse.observation.cost_details', 'gen_ai.usage.cost', 'llm.cost.total'], 0.25],
    ['sessionId', ['langfuse.session.id', 'session.id', 'gen_ai.conversation.id'], 'chat 7'],
    ['userId', ['langfuse.user.id', 'user.id'], 'ada'],
    ['tags', ['langfuse.trace.tags'], ['web']],
    ['input', ['langfuse.observation.input', 'input.value', 'gen_ai.input.messages'], messages],
    ['output', ['langfuse.observation.output', 'output.value', 'gen_ai.output.messages'], answer],
  ],
  Phoenix: [
    ['span kind', ['openinference.span.kind'], 'LLM'],
    ['model', ['llm.model_name'], 'gpt-5'],
    ['provider', ['llm.provider'], 'openai'],
    ['prompt tokens', ['llm.token_count.prompt'], 100],
    ['completion tokens', ['llm.token_count.completion'], 40],
    ['total tokens', ['llm.token_count.total'], 140],
    ['cost', ['llm.cost.total'], 0.25],
    ['session', ['session.id'], 'chat 7'],
    ['user', ['user.id'], 'ada'],
    ['input', ['input.value'], messages],
    ['input type', ['input.mime_type'], 'application/json'],
    ['output', ['output.value'], answer],
  ],
};

describe.each(Object.entries(receivers))('%s finds of the call of an AI model', (_receiver, properties) => {
  it.each(properties)('%s', (_property, names, value) => {
    expect(read(call, names)).toEqual(value);
  });
});

it.each([
  ['chat', 'llm.model_name'],
  ['embeddings', 'embedding.model_name'],
])('the AI model of %s is %s', (operation, name) => {
  expect(exported({ ...call, 'gen_ai.operation.name': operation })[name]).toBe('gpt-5');
});

it('a span that is about no AI model has nothing of OpenInference', () => {
  const other = { 'http.route': '/graphql', 'heddle.cost': 0.25, 'gen_ai.conversation.id': 'chat 7' };
  expect(exported(other)).toEqual(other);
});

it('a cost that is not known is left out', () => {
  expect(Object.keys(exported({ ...call, 'heddle.cost': null }))).not.toContain('llm.cost.total');
});
