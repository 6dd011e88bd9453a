import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { ProviderAnswer, ProviderPart, ProviderUsage, ToolCall } from '#providers/provider.ts';
import type { CompletionEventData } from '../completion.ts';

interface ToolCallSoFar {
  id: string;
  name: string;
  arguments: string;
}

/** What one attempt has said so far, put together of its parts. */
export class AnswerBuilder {
  text = '';
  reasoning = '';
  usage: ProviderUsage | null = null;
  /** Characters received, tool calls' arguments included. */
  received = 0;
  /** Parts received. */
  parts = 0;
  readonly #toolCalls = new Map<number, ToolCallSoFar>();

  add(part: ProviderPart): void {
    this.parts += 1;
    switch (part.type) {
      case 'text':
        this.text += part.text;
        this.received += part.text.length;
        break;
      case 'reasoning':
        this.reasoning += part.text;
        this.received += part.text.length;
        break;
      case 'tool-call':
        this.#addToolCall(part);
        this.received += part.argumentsDelta.length;
        break;
      case 'usage':
      case 'finish':
        this.usage = part.usage;
        break;
    }
  }

  get toolCalls(): readonly ToolCall[] {
    return [...this.#toolCalls.values()].map(({ id, name, arguments: text }) => ({
      id,
      name,
      arguments: argumentsOf(text),
    }));
  }

  answer(finish: ProviderPart & { readonly type: 'finish' }): ProviderAnswer {
    return {
      text: this.text,
      reasoning: this.reasoning === '' ? null : this.reasoning,
      toolCalls: this.toolCalls,
      finishReason: finish.reason,
      usage: finish.usage,
    };
  }

  #addToolCall(part: ProviderPart & { readonly type: 'tool-call' }): void {
    let call = this.#toolCalls.get(part.index);
    if (call === undefined) {
      call = { id: part.id ?? `call_${part.index}`, name: part.name ?? '', arguments: '' };
      this.#toolCalls.set(part.index, call);
    }
    if (part.name !== undefined) call.name = part.name;
    if (part.id !== undefined) call.id = part.id;
    call.arguments += part.argumentsDelta;
  }
}

/** Models are not bound to write JSON; what they wrote is then a text, for the client to judge. */
function argumentsOf(text: string): unknown {
  if (text === '') return {};
  try {
    return parseJson(text);
  } catch (error) {
    expectError(error, SyntaxError);
    return text;
  }
}

/** The event that a part is to the client; undefined: it is none. */
export function eventOf(completionId: string, part: ProviderPart): CompletionEventData | undefined {
  switch (part.type) {
    case 'text':
      return { type: 'TextDelta', completionId, text: part.text };
    case 'reasoning':
      return { type: 'ReasoningDelta', completionId, text: part.text };
    case 'tool-call':
      return {
        type: 'ToolCallDelta',
        completionId,
        index: part.index,
        id: part.id ?? null,
        name: part.name ?? null,
        argumentsDelta: part.argumentsDelta,
      };
    default:
      return undefined;
  }
}

/** A whole answer as the parts that it might have come in. */
export function partsOf(
  answer: Pick<ProviderAnswer, 'text' | 'reasoning' | 'toolCalls'>,
): readonly ProviderPart[] {
  return [
    ...(answer.reasoning === null ? [] : [{ type: 'reasoning', text: answer.reasoning } as const]),
    ...(answer.text === '' ? [] : [{ type: 'text', text: answer.text } as const]),
    ...answer.toolCalls.map(
      ({ id, name, arguments: value }, index) =>
        ({ type: 'tool-call', index, id, name, argumentsDelta: JSON.stringify(value) ?? 'null' }) as const,
    ),
  ];
}
