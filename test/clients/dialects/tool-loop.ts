import type { Body, Dialect } from './dialects.ts';

/** The messages or items of a conversation, in the form of its dialect. */
type Turns = readonly Body[];

/** A conversation that a client continues: what it sends, and what it was answered. */
export interface Conversation {
  readonly turns: Turns;
}

interface Answered {
  readonly choices?: readonly [{ readonly message: ChatMessage }];
  readonly output?: readonly Body[];
  readonly content?: readonly Body[];
  readonly data?: { readonly complete: GraphAnswer };
}

interface ChatMessage extends Body {
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly id: string }[];
}

interface GraphAnswer {
  readonly text: string;
  readonly toolCalls: readonly {
    readonly id: string;
    readonly name: string;
    readonly argumentsText: string;
  }[];
  readonly reasoningBlocks: readonly Body[];
}

/** The field of the body that has the conversation. */
const turnsField = (name: Dialect['name']): string => (name === 'responses' ? 'input' : 'messages');

const parameters = { type: 'object', properties: { PARAM_1: { type: 'string' } }, required: ['PARAM_1'] };
const tool = { name: 'look_up', description: 'Looks it up.' };

/** The fields of every call of a loop: the tool, and that the AI model is to think. */
const settings: Readonly<Record<Dialect['name'], Body>> = {
  'chat completions': {
    tools: [{ type: 'function', function: { ...tool, parameters } }],
    reasoning_effort: 'medium',
  },
  responses: { tools: [{ type: 'function', ...tool, parameters }], reasoning: { effort: 'medium' } },
  messages: {
    tools: [{ ...tool, input_schema: parameters }],
    thinking: { type: 'enabled', budget_tokens: 4_096 },
  },
  GraphQL: { tools: [{ ...tool, parameters }], reasoningEffort: 'medium' },
};

export function beginConversation({ name }: Dialect, text: string): Conversation {
  return { turns: [{ role: name === 'GraphQL' ? 'USER' : 'user', content: text }] };
}

/** The fields of the next call of the conversation. */
export function toLoopFields({ name }: Dialect, { turns }: Conversation): Body {
  return { ...settings[name], [turnsField(name)]: turns };
}

/** The answer as a client sends it back, unchanged, with a result for each of its calls. */
function readTurn(name: Dialect['name'], answered: Answered, result: string): Turns {
  switch (name) {
    case 'chat completions': {
      const message = answered.choices?.[0].message;
      const calls = message?.tool_calls ?? [];
      return [
        { ...message },
        ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: result })),
      ];
    }
    case 'responses': {
      const items = answered.output ?? [];
      const calls = items.filter(({ type }) => type === 'function_call');
      return [
        ...items,
        ...calls.map(({ call_id }) => ({ type: 'function_call_output', call_id, output: result })),
      ];
    }
    case 'messages': {
      const blocks = answered.content ?? [];
      const calls = blocks.filter(({ type }) => type === 'tool_use');
      const results = calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: result }));
      const turn = { role: 'assistant', content: blocks };
      return results.length === 0 ? [turn] : [turn, { role: 'user', content: results }];
    }
    case 'GraphQL': {
      const { text = '', toolCalls = [], reasoningBlocks = [] } = answered.data?.complete ?? {};
      const calls = toolCalls.map(({ id, name: called, argumentsText }) => ({
        id,
        name: called,
        arguments: JSON.parse(argumentsText),
      }));
      const turn = { role: 'ASSISTANT', content: text, toolCalls: calls, reasoning: reasoningBlocks };
      return [turn, ...calls.map(({ id }) => ({ role: 'TOOL', toolCallId: id, content: result }))];
    }
  }
}

/** The conversation with the answer, and with a result for each of its calls. */
export function continueConversation(
  { name }: Dialect,
  { turns }: Conversation,
  replyText: string,
  result: string,
): Conversation {
  return { turns: [...turns, ...readTurn(name, JSON.parse(replyText) as Answered, result)] };
}

/** The ids of the calls in an answer, as the client got them. */
export function readCallIds({ name }: Dialect, replyText: string): readonly string[] {
  const answered = JSON.parse(replyText) as Answered;
  switch (name) {
    case 'chat completions':
      return (answered.choices?.[0].message.tool_calls ?? []).map(({ id }) => id);
    case 'responses':
      return (answered.output ?? []).flatMap(({ call_id }) =>
        call_id === undefined ? [] : [String(call_id)],
      );
    case 'messages':
      return (answered.content ?? []).flatMap(({ type, id }) => (type === 'tool_use' ? [String(id)] : []));
    case 'GraphQL':
      return (answered.data?.complete.toolCalls ?? []).map(({ id }) => id);
  }
}
