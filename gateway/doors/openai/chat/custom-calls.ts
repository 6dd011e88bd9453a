import { isFields, readOwnFields } from '../../body-fields.ts';
import type { MessageInput } from '../../operations.generated.ts';
import { readCustomInput } from '../../responses/output/response-items.ts';

/**
 * How the calls of a tool whose input is a text are answered, by its name: as calls of their own type, or, where the tool was
 * sent in the flat form of responses, as calls of a function whose arguments are the text. Cursor sends such tools, and reads
 * such calls.
 */
export type CustomTools = ReadonlyMap<string, 'custom' | 'function'>;

/** The custom tools of a body, whose tools were read already. */
export function readCustomTools(tools: unknown): CustomTools {
  const custom = new Map<string, 'custom' | 'function'>();
  for (const tool of Array.isArray(tools) ? tools : []) {
    if (!isFields(tool) || tool.type !== 'custom') continue;
    if (isFields(tool.custom)) custom.set(String(tool.custom.name), 'custom');
    else custom.set(String(tool.name), 'function');
  }
  return custom;
}

/** A call of the graph, whose arguments are whole. */
export interface WholeCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsText: string;
  readonly providerOptions: unknown;
}

/** A call of the graph as a call of chat completions, with what only this dialect has of it. */
export function toChatCall(
  { id: callId, name, argumentsText, providerOptions }: WholeCall,
  customTools: CustomTools,
): object {
  const head = { ...readOwnFields(providerOptions, 'chat'), id: callId };
  switch (customTools.get(name)) {
    case 'custom':
      return { ...head, type: 'custom', custom: { name, input: readCustomInput(argumentsText) } };
    case 'function':
      return { ...head, type: 'function', function: { name, arguments: readCustomInput(argumentsText) } };
    case undefined:
      return { ...head, type: 'function', function: { name, arguments: argumentsText } };
  }
}

/** Messages in which the calls of custom tools have the arguments of the graph, whichever form they were sent in. */
export function restoreCustomCalls(
  messages: readonly MessageInput[],
  customTools: CustomTools,
): readonly MessageInput[] {
  if (customTools.size === 0) return messages;
  return messages.map((message) =>
    message.toolCalls == null
      ? message
      : {
          ...message,
          toolCalls: message.toolCalls.map((call) =>
            customTools.has(call.name) && typeof call.arguments === 'string'
              ? { ...call, arguments: { input: call.arguments } }
              : call,
          ),
        },
  );
}
