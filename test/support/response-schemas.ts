import { z } from 'zod';

/** What the Open Responses specification requires of a response and of each event of its stream. */
const textPart = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.object({ type: z.string() })),
  logprobs: z.array(z.unknown()),
});
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });
const part = z.discriminatedUnion('type', [textPart, refusalPart]);
const status = z.enum(['in_progress', 'completed', 'incomplete']);
const summaryPart = z.object({ type: z.literal('summary_text'), text: z.string() });

const item = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('web_search_call'),
    id: z.string().min(1),
    status: z.enum(['in_progress', 'completed']),
    action: z.unknown(),
  }),
  z.object({
    type: z.literal('message'),
    id: z.string().min(1),
    status,
    role: z.literal('assistant'),
    content: z.array(part),
  }),
  z.object({
    type: z.literal('function_call'),
    id: z.string().min(1),
    status,
    call_id: z.string().min(1),
    name: z.string().min(1),
    namespace: z.string().min(1).optional(),
    arguments: z.string(),
  }),
  z.object({
    type: z.literal('custom_tool_call'),
    id: z.string().min(1),
    call_id: z.string().min(1),
    name: z.string().min(1),
    namespace: z.string().min(1).optional(),
    input: z.string(),
  }),
  z.object({
    type: z.literal('compaction'),
    id: z.string().min(1),
    encrypted_content: z.string().min(1),
  }),
  z.object({
    type: z.literal('reasoning'),
    id: z.string().min(1),
    summary: z.array(summaryPart),
    encrypted_content: z.string().optional(),
  }),
]);

const usage = z.object({
  input_tokens: z.int(),
  input_tokens_details: z.object({ cached_tokens: z.int(), cache_write_tokens: z.int() }),
  output_tokens: z.int(),
  output_tokens_details: z.object({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
});

export const responseSchema = z.object({
  id: z.string().startsWith('resp_'),
  object: z.literal('response'),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  background: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  model: z.string().min(1),
  output: z.array(item),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }),
  safety_identifier: z.string().nullable(),
  service_tier: z.string(),
  store: z.boolean(),
  temperature: z.number(),
  text: z.object({ format: z.object({ type: z.string() }) }),
  tool_choice: z.union([z.string(), z.object({ type: z.string() })]),
  tools: z.array(
    z.union([
      z.object({ type: z.enum(['function', 'custom', 'namespace']), name: z.string() }),
      z.object({ type: z.string().regex(/^(?!(?:function|custom|namespace)$)./) }),
    ]),
  ),
  top_logprobs: z.int(),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  truncation: z.enum(['auto', 'disabled']),
  usage: usage.nullable(),
});

/** What POST /v1/responses/compact answers. */
export const compactionSchema = z.object({
  id: z.string().startsWith('resp_'),
  object: z.literal('response.compaction'),
  created_at: z.int(),
  output: z.array(
    z.discriminatedUnion('type', [
      z.object({
        type: z.literal('message'),
        id: z.string().min(1),
        status,
        role: z.literal('user'),
        content: z.array(z.looseObject({ type: z.string() })),
      }),
      z.object({
        type: z.literal('compaction'),
        id: z.string().min(1),
        encrypted_content: z.string().min(1),
      }),
    ]),
  ),
  usage,
});

const numbered = { sequence_number: z.int() };
const inItem = { ...numbered, item_id: z.string().min(1), output_index: z.int() };
const inPart = { ...inItem, content_index: z.int() };
const inSummary = { ...inItem, summary_index: z.int() };
const event = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), ...shape });
const lifecycle = <const Type extends string>(type: Type) =>
  event(type, { ...numbered, response: responseSchema });

export const eventSchema = z.discriminatedUnion('type', [
  lifecycle('response.created'),
  lifecycle('response.in_progress'),
  lifecycle('response.completed'),
  lifecycle('response.incomplete'),
  lifecycle('response.failed'),
  event('error', {
    ...numbered,
    code: z.string(),
    message: z.string(),
    param: z.null(),
    error: z.object({ type: z.string(), code: z.string(), message: z.string(), param: z.null() }),
  }),
  event('response.output_item.added', { ...numbered, output_index: z.int(), item }),
  event('response.output_item.done', { ...numbered, output_index: z.int(), item }),
  event('response.content_part.added', { ...inPart, part }),
  event('response.content_part.done', { ...inPart, part }),
  event('response.output_text.delta', { ...inPart, delta: z.string(), logprobs: z.array(z.unknown()) }),
  event('response.output_text.done', { ...inPart, text: z.string(), logprobs: z.array(z.unknown()) }),
  event('response.output_text.annotation.added', {
    ...inPart,
    annotation_index: z.int(),
    annotation: z.object(),
  }),
  event('response.refusal.delta', { ...inPart, delta: z.string() }),
  event('response.refusal.done', { ...inPart, refusal: z.string() }),
  event('response.function_call_arguments.delta', { ...inItem, delta: z.string() }),
  event('response.function_call_arguments.done', { ...inItem, name: z.string(), arguments: z.string() }),
  event('response.custom_tool_call_input.delta', { ...inItem, delta: z.string() }),
  event('response.custom_tool_call_input.done', { ...inItem, input: z.string() }),
  event('response.web_search_call.searching', inItem),
  event('response.reasoning_summary_part.added', { ...inSummary, part: summaryPart }),
  event('response.reasoning_summary_part.done', { ...inSummary, part: summaryPart }),
  event('response.reasoning_summary_text.delta', { ...inSummary, delta: z.string() }),
  event('response.reasoning_summary_text.done', { ...inSummary, text: z.string() }),
]);

const errorFields = {
  code: z.string().nullable(),
  message: z.string().min(1),
  param: z.string().nullable(),
};

/** What a WebSocket answers where no response began: in the shapes of Open Responses and of OpenAI's types. */
export const socketErrorSchema = z.object({
  type: z.literal('error'),
  status: z.int(),
  error: z.object({ type: z.string(), ...errorFields }),
  ...errorFields,
  ...numbered,
});

export type ParsedEvent = z.infer<typeof eventSchema>;

/** The events of a text of server-sent events. Throws where one is not of its schema, or stands under another name. */
export function parseResponseEvents(text: string): readonly ParsedEvent[] {
  const blocks = text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
  return blocks.map((block) => {
    const [name = '', data = ''] = block.split('\n');
    const parsed = eventSchema.parse(JSON.parse(data.replace(/^data: /, '')));
    if (name !== `event: ${parsed.type}`) throw new Error(`${name} stands above ${parsed.type}.`);
    return parsed;
  });
}

/**
 * Throws where events do not follow the protocol: numbered from 0 without gaps, each item added once before its parts and
 * done once, and one end.
 */
export function checkEventOrder(events: readonly ParsedEvent[], firstNumber = 0): void {
  const added = new Set<number>();
  const done = new Set<number>();
  for (const [at, one] of events.entries()) {
    if (one.sequence_number !== firstNumber + at)
      throw new Error(`${one.type} has not number ${firstNumber + at}.`);
    if (!('output_index' in one)) continue;
    const index = one.output_index;
    if (one.type === 'response.output_item.added') {
      if (index !== added.size) throw new Error(`An item is added at ${index} of ${added.size}.`);
      added.add(index);
    } else if (!added.has(index) || done.has(index)) throw new Error(`${one.type} is outside of its item.`);
    if (one.type === 'response.output_item.done') done.add(index);
  }
  if (done.size !== added.size) throw new Error('An item is not done.');
  const ends = events.filter(({ type }) => /^response\.(?:completed|incomplete|failed)$/.test(type));
  if (ends.length !== 1 || ends[0] !== events.at(-1)) throw new Error('There is not one end.');
}
