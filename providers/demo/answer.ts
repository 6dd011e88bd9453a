import { expectError } from '#core/expect-error.ts';
import { type FinishReason, type ProviderCall, ProviderFailure, type ToolCall } from '../provider.ts';
import { smallestInstance } from './smallest-instance.ts';
import { firstTokens } from './tokens.ts';

export interface DemoAnswer {
  readonly text: string;
  readonly toolCall: ToolCall | null;
  readonly finishReason: FinishReason;
}

/** The text of the last user message; a file part is named by its media type in brackets. */
function lastUserMessage(call: ProviderCall): string {
  for (let at = call.messages.length - 1; at >= 0; at--) {
    const message = call.messages[at];
    if (message?.role !== 'user') continue;
    return message.parts.map((part) => (part.type === 'text' ? part.text : `[${part.mediaType}]`)).join('');
  }
  throw new ProviderFailure(
    'BAD_USER_INPUT',
    'The demo answers with the last user message, and there is none.',
    {
      retryable: false,
    },
  );
}

/** Everything that counts as input, in one text. */
export function inputText(call: ProviderCall): string {
  const texts = call.messages.map((message) => {
    if (message.role === 'user')
      return message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    return message.role === 'assistant' ? message.text : message.content;
  });
  if (call.tools !== undefined) texts.push(JSON.stringify(call.tools));
  if (call.responseSchema !== undefined) texts.push(JSON.stringify(call.responseSchema));
  return texts.join('');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    expectError(error, SyntaxError);
    return false;
  }
}

function demandedTool(call: ProviderCall): ToolCall | null {
  const { tools = [], toolChoice = 'auto', messages, model } = call;
  const callsByItself = model === 'tools' && tools.length > 0 && messages.at(-1)?.role !== 'tool';
  if (toolChoice === 'none' || (toolChoice === 'auto' && !callsByItself)) return null;
  const isOpen = toolChoice === 'required' || toolChoice === 'auto';
  const tool = isOpen ? tools[0] : tools.find(({ name }) => name === toolChoice);
  if (tool === undefined) {
    throw new ProviderFailure(
      'BAD_USER_INPUT',
      `toolChoice names ${toolChoice}, but there is no such tool: name one of the tools of the call.`,
      {
        retryable: false,
      },
    );
  }
  return { id: `demo-call-${tool.name}`, name: tool.name, arguments: smallestInstance(tool.parameters) };
}

/**
 * What the demo's chat models answer, the same for the same call: a call of the demanded tool when toolChoice demands
 * one, and of `tools` while no result is there; with a responseSchema the message itself if it is JSON, otherwise the smallest instance of the schema; otherwise
 * the last user message. `stop` and `maxOutputTokens` cut it as they would a model's answer.
 */
export function demoAnswer(call: ProviderCall): DemoAnswer {
  const message = lastUserMessage(call);
  const toolCall = demandedTool(call);
  if (toolCall !== null) return { text: '', toolCall, finishReason: 'TOOL_CALLS' };
  const whole =
    call.responseSchema === undefined || isJson(message)
      ? message
      : JSON.stringify(smallestInstance(call.responseSchema));
  const stops = (call.stop ?? []).map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
  const stopped = stops.length === 0 ? whole : whole.slice(0, Math.min(...stops));
  const text = call.maxOutputTokens === undefined ? stopped : firstTokens(stopped, call.maxOutputTokens);
  return { text, toolCall: null, finishReason: text === stopped ? 'STOP' : 'LENGTH' };
}
