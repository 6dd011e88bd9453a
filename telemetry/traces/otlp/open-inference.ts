/** A value of an attribute that is exported. */
export type ExportedValue = string | number | boolean | string[];

/** `gen_ai.operation.name` → `openinference.span.kind`. */
const kinds: Readonly<Record<string, string>> = { chat: 'LLM', embeddings: 'EMBEDDING' };

/** Each attribute of OpenInference with the one which it repeats: OpenTelemetry's, or ours where that has none. */
const repeated: readonly (readonly [openInference: string, of: string])[] = [
  ['llm.provider', 'gen_ai.provider.name'],
  ['llm.token_count.prompt', 'gen_ai.usage.input_tokens'],
  ['llm.token_count.completion', 'gen_ai.usage.output_tokens'],
  ['llm.token_count.prompt_details.cache_read', 'gen_ai.usage.cache_read.input_tokens'],
  ['llm.token_count.prompt_details.cache_write', 'gen_ai.usage.cache_write.input_tokens'],
  ['llm.token_count.completion_details.reasoning', 'gen_ai.usage.reasoning.output_tokens'],
  ['llm.cost.total', 'heddle.cost'],
  ['session.id', 'gen_ai.conversation.id'],
  ['input.value', 'gen_ai.input.messages'],
  ['output.value', 'gen_ai.output.messages'],
];

/**
 * Adds what Phoenix reads of a span: the attributes of OpenInference, which it knows instead of OpenTelemetry's
 * (https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md). Nothing to a span that is about no AI model.
 */
export function addOpenInference(span: Record<string, ExportedValue>): void {
  if (span['gen_ai.guardrail.result.type'] !== undefined) {
    span['openinference.span.kind'] = 'GUARDRAIL';
    return;
  }
  const operation = span['gen_ai.operation.name'];
  const kind = operation === undefined ? undefined : kinds[String(operation)];
  if (kind === undefined) return;
  span['openinference.span.kind'] = kind;
  for (const [name, of] of repeated) {
    const value = span[of];
    if (value !== undefined) span[name] = value;
  }
  const model = span['gen_ai.response.model'] ?? span['gen_ai.request.model'];
  if (model !== undefined) span[kind === 'LLM' ? 'llm.model_name' : 'embedding.model_name'] = model;
  const { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output } = span;
  if (typeof input === 'number' && typeof output === 'number') span['llm.token_count.total'] = input + output;
  for (const side of ['input', 'output']) {
    if (span[`${side}.value`] !== undefined) span[`${side}.mime_type`] = 'application/json';
  }
}
