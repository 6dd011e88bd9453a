import type { LanguageProvider, ProviderAnswer, ProviderCall, ProviderPart } from '../provider.ts';

/** A call with one user message. */
export function ask(model: string, text: string, more: Partial<ProviderCall> = {}): ProviderCall {
  return { model, messages: [{ role: 'user', parts: [{ type: 'text', text }] }], ...more };
}

/** A whole answer as the AI SDK has it: a refusal is its text, and there is nothing beside text, reasoning and calls. */
export function toPlainAnswer({ extras, ...answer }: ProviderAnswer): Omit<ProviderAnswer, 'extras'> {
  return { ...answer, text: answer.text + (extras?.refusal ?? '') };
}

export interface Collected {
  readonly parts: readonly ProviderPart[];
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  /** Name and joined arguments of each call. */
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finish: Extract<ProviderPart, { type: 'finish' }> | null;
  /** What the stream threw, null when it ended. */
  readonly error: unknown;
}

/** Reads a stream to its end or failure. */
export async function collect(provider: LanguageProvider, call: ProviderCall): Promise<Collected> {
  const parts: ProviderPart[] = [];
  let error: unknown = null;
  try {
    for await (const part of provider.stream(call)) parts.push(part);
  } catch (thrown) {
    error = thrown;
  }
  const joined = (type: 'text' | 'reasoning' | 'refusal') =>
    parts.map((part) => (part.type === type ? part.text : '')).join('');
  const toolCalls: { id: string; name: string; arguments: string }[] = [];
  for (const part of parts) {
    if (part.type !== 'tool-call') continue;
    const open = toolCalls[part.index] ?? { id: part.id ?? '', name: part.name ?? '', arguments: '' };
    open.arguments += part.argumentsDelta;
    toolCalls[part.index] = open;
  }
  const last = parts.at(-1);
  return {
    parts,
    text: joined('text'),
    reasoning: joined('reasoning'),
    refusal: joined('refusal'),
    toolCalls,
    finish: last?.type === 'finish' ? last : null,
    error,
  };
}
