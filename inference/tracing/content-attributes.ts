import type { Attributes } from '#core/tracing/span.ts';
import type { Masks } from '#guardrails/pipeline/masks.ts';
import type { ContentPart, ProviderAnswer, ProviderMessage } from '#providers/provider.ts';
import { toKeptJson } from '../payloads/kept-json.ts';

/** Characters of the messages, and of the answer, of one provider call. */
const charactersMax = 32_768;

/** A content of a message, by OpenTelemetry's schemas `gen-ai-input-messages.json` and `gen-ai-output-messages.json`. */
type Part =
  | { readonly type: 'text' | 'reasoning'; readonly content: string }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly arguments: unknown }
  | { readonly type: 'tool_call_response'; readonly id: string; readonly response: string }
  | { readonly type: 'blob' | 'uri'; readonly modality: string };

/** What an attempt was sent, and what came of it. */
export interface AttemptContent {
  /** Null: the messages are the mesh's, and are shown to none of its tenants. */
  readonly messages: readonly ProviderMessage[] | null;
  readonly answer: Partial<ProviderAnswer>;
  /** The values that the answer has in the place of placeholders: they are left out. */
  readonly masks: Pick<Masks, 'entries'>;
}

const nothingMasked: Pick<Masks, 'entries'> = { entries: () => [] };

/** The content of a provider call, bounded: only for calls of tenants whose payload rule is FULL. */
export function toContentAttributes({ messages, answer, masks }: AttemptContent): Attributes {
  const sent = messages?.filter(({ role }) => role !== 'system').map(toMessage) ?? null;
  const system = messages?.flatMap((message) =>
    message.role === 'system' ? [{ type: 'text', content: message.content }] : [],
  );
  const parts = listAnswerParts(answer);
  return {
    'gen_ai.system_instructions': system?.length ? toJson(system, nothingMasked) : null,
    'gen_ai.input.messages': sent === null ? null : toJson(sent, nothingMasked),
    'gen_ai.output.messages':
      parts.length === 0
        ? null
        : toJson(
            [{ role: 'assistant', parts, finish_reason: (answer.finishReason ?? 'OTHER').toLowerCase() }],
            masks,
          ),
  };
}

function toJson(value: unknown, masks: Pick<Masks, 'entries'>): string {
  return toKeptJson(value, charactersMax, masks).json;
}

function toMessage(message: ProviderMessage): { readonly role: string; readonly parts: readonly Part[] } {
  switch (message.role) {
    case 'system':
      return { role: 'system', parts: [{ type: 'text', content: message.content }] };
    case 'user':
      return { role: 'user', parts: message.parts.map(toPart) };
    case 'assistant':
      return { role: 'assistant', parts: listAnswerParts({ ...message, reasoning: null }) };
    case 'tool':
      return {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: message.toolCallId, response: message.content }],
      };
  }
}

/** A file is named by its kind alone. */
function toPart(part: ContentPart): Part {
  return part.type === 'text' ? { type: 'text', content: part.text } : { type: 'blob', modality: part.type };
}

function listAnswerParts({
  text = '',
  reasoning = null,
  toolCalls = [],
}: Partial<Pick<ProviderAnswer, 'text' | 'reasoning' | 'toolCalls'>>): Part[] {
  return [
    ...(reasoning === null ? [] : [{ type: 'reasoning', content: reasoning } as const]),
    ...(text === '' ? [] : [{ type: 'text', content: text } as const]),
    ...toolCalls.map(
      ({ id, name, arguments: given }) => ({ type: 'tool_call', id, name, arguments: given }) as const,
    ),
  ];
}
