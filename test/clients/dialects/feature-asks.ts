import type { Body, Dialect } from './dialects.ts';

/** Fields of a call by the dialect that has them; absent: the dialect has no place for the feature. */
export type Asks = Partial<Readonly<Record<Dialect['name'], Body>>>;

/** A message of the user with parts, in all dialects. */
export const withParts = (chat: object, responses: object, messages: object, graph: object): Asks => ({
  'chat completions': { messages: [{ role: 'user', content: [{ type: 'text', text: 'Look.' }, chat] }] },
  responses: { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Look.' }, responses] }] },
  messages: { messages: [{ role: 'user', content: [{ type: 'text', text: 'Look.' }, messages] }] },
  GraphQL: { messages: [{ role: 'USER', parts: [{ text: 'Look.' }, graph] }] },
});

const parameters = { type: 'object', properties: { PARAM_1: { type: 'string' } }, required: ['PARAM_1'] };
const described = { name: 'look_up', description: 'DESCRIPTION-1' };
export const tools: Asks = {
  'chat completions': { tools: [{ type: 'function', function: { ...described, parameters } }] },
  responses: { tools: [{ type: 'function', ...described, parameters }] },
  messages: { tools: [{ ...described, input_schema: parameters }] },
  GraphQL: { tools: [{ ...described, parameters }] },
};

/** The calls with further fields in every dialect that has them. */
export function extend(asks: Asks, more: Asks): Asks {
  return Object.fromEntries(
    Object.entries(more).map(([name, fields]) => [name, { ...asks[name as Dialect['name']], ...fields }]),
  );
}

interface Result {
  readonly chat: unknown;
  readonly responses: unknown;
  readonly messages: object;
  readonly graph: object;
}

/** A conversation in which a tool has been called and has answered. */
/** @param own further fields of the call, by wire format */
export const withResult = (result: Result, own: Readonly<Record<string, object>> = {}): Asks => {
  const call = { id: 'call_1', name: 'look_up' };
  const given = '{"PARAM_1":"ARGUMENT-1"}';
  return extend(tools, {
    'chat completions': {
      messages: [
        { role: 'user', content: 'Look.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { ...own.chat, id: call.id, type: 'function', function: { name: call.name, arguments: given } },
          ],
        },
        { role: 'tool', tool_call_id: call.id, content: result.chat },
      ],
    },
    responses: {
      input: [
        { role: 'user', content: 'Look.' },
        { ...own.responses, type: 'function_call', call_id: call.id, name: call.name, arguments: given },
        { type: 'function_call_output', call_id: call.id, output: result.responses },
      ],
    },
    messages: {
      messages: [
        { role: 'user', content: 'Look.' },
        {
          role: 'assistant',
          content: [{ ...own.messages, type: 'tool_use', ...call, input: JSON.parse(given) }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, ...result.messages }] },
      ],
    },
    GraphQL: {
      messages: [
        { role: 'USER', content: 'Look.' },
        {
          role: 'ASSISTANT',
          content: '',
          toolCalls: [
            {
              ...{ ...call, arguments: JSON.parse(given) },
              ...(Object.keys(own).length === 0 ? {} : { providerOptions: own }),
            },
          ],
        },
        { role: 'TOOL', toolCallId: call.id, ...result.graph },
      ],
    },
  });
};
export const textResult = (text: string): Result => ({
  chat: text,
  responses: text,
  messages: { content: text },
  graph: { content: text },
});

export const plain: Asks = { 'chat completions': {}, responses: {}, messages: {}, GraphQL: {} };

/** An optional number or text of a call under its names. */
export const field = (names: { readonly [name in Dialect['name']]?: string }, value: unknown): Asks =>
  Object.fromEntries(Object.entries(names).map(([name, given]) => [name, { [given]: value }]));

/** A text of the user that a stop sequence cuts, where the AI model repeats it. */
export const spoken: Asks = {
  'chat completions': { messages: [{ role: 'user', content: 'Go STOP on' }] },
  messages: { messages: [{ role: 'user', content: 'Go STOP on' }] },
  GraphQL: { messages: [{ role: 'USER', content: 'Go STOP on' }] },
};

/** Of a structured answer. */
export const schema = {
  type: 'object',
  properties: { FIELD_1: { type: 'string' } },
  required: ['FIELD_1'],
  additionalProperties: false,
};

export const image = 'iVBORw0KGgoAAAANSUhEUg==';
export const document = Buffer.from('%PDF-1.4\n%MARK').toString('base64');
export const audio = Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0').toString('base64');
export const imageUrl = 'https://93.184.215.14/picture.png';

export const call = (id: string, value: string) => ({
  id,
  name: 'look_up',
  arguments: ['{"PARAM_1":', `"${value}"}`],
});
