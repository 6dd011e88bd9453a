import type { MessageRole } from '#core/graph-enums.generated.ts';
import type { CallSizesRecord } from '#mongo/invocations.ts';
import type { ContentPart, ProviderMessage } from '#providers/provider.ts';
import type { CallLabels } from '../call-labels.ts';
import type { CompletionData } from '../completion.ts';
import type { CompletionRequest } from '../request.ts';

/** What a row states of how large its call was. */
export interface StatedSizes {
  readonly sizes?: CallSizesRecord;
}

interface MessageSize {
  readonly role: MessageRole;
  readonly characters: number;
  readonly parts: number;
}

/**
 * The sizes of a completion for its row, from the lengths of its texts: none is read. Nothing where its tenant keeps no metadata; of a run of a prompt of the
 * mesh not those of the input, whose texts the tenant is not shown.
 */
export function measureCompletion(
  request: Pick<CompletionRequest, 'labels' | 'ofMesh'>,
  call: Pick<CompletionRequest['call'], 'messages' | 'tools'>,
  answer: MeasuredAnswer,
): StatedSizes {
  return withAnswer(measureOpening(request, call), answer);
}

/** The same of a completion that begins: nothing is known of its answer. */
export function measureOpening(
  { labels, ofMesh }: Pick<CompletionRequest, 'labels' | 'ofMesh'>,
  { messages, tools = [] }: Pick<CompletionRequest['call'], 'messages' | 'tools'>,
): StatedSizes {
  if (!keepsMetadata(labels)) return {};
  const input = ofMesh === undefined ? sumByRole(messages.map(measureMessage)) : [];
  return {
    sizes: { input, tools: tools.length, textCharacters: null, reasoningCharacters: null, toolCalls: null },
  };
}

/** What an answer is measured by. */
type MeasuredAnswer = Pick<CompletionData, 'text' | 'reasoning' | 'toolCalls'>;

/** The sizes with those of the answer. */
export function withAnswer(
  { sizes }: StatedSizes,
  { text, reasoning, toolCalls }: MeasuredAnswer,
): StatedSizes {
  if (sizes === undefined) return {};
  return {
    sizes: {
      ...sizes,
      textCharacters: text.length,
      reasoningCharacters: reasoning?.length ?? 0,
      toolCalls: toolCalls.length,
    },
  };
}

/** The sizes of an embedding for its row, from its beginning on; nothing where its tenant keeps no metadata. */
export function measureEmbedding(labels: CallLabels, values: readonly string[]): StatedSizes {
  if (!keepsMetadata(labels)) return {};
  const input = sumByRole(values.map(({ length }) => ({ role: 'USER', characters: length, parts: 1 })));
  return { sizes: { input, tools: 0, textCharacters: 0, reasoningCharacters: 0, toolCalls: 0 } };
}

/** METADATA and FULL; NONE has no label. */
const keepsMetadata = ({ payloadLogging }: CallLabels): boolean => payloadLogging !== undefined;

function measureMessage(message: ProviderMessage): MessageSize {
  switch (message.role) {
    case 'system':
      return { role: 'SYSTEM', characters: message.content.length, parts: 1 };
    case 'user':
      return { role: 'USER', characters: countCharacters(message.parts), parts: message.parts.length };
    case 'assistant': {
      const { text, reasoning = [], toolCalls, parts } = message;
      const texts = parts?.length ?? (text === '' ? 0 : 1);
      const thought = reasoning.reduce((sum, block) => sum + (block.text?.length ?? 0), 0);
      return {
        role: 'ASSISTANT',
        characters: text.length + thought,
        parts: texts + reasoning.length + toolCalls.length,
      };
    }
    case 'tool': {
      const { content, parts } = message;
      return { role: 'TOOL', characters: content.length, parts: parts?.length ?? 1 };
    }
  }
}

function countCharacters(parts: readonly ContentPart[]): number {
  return parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0);
}

/** One for each role that there is, in the order in which they first come. */
function sumByRole(sizes: readonly MessageSize[]): readonly MessageSize[] {
  const sums = new Map<MessageRole, MessageSize>();
  for (const { role, characters, parts } of sizes) {
    const sum = sums.get(role) ?? { role, characters: 0, parts: 0 };
    sums.set(role, { role, characters: sum.characters + characters, parts: sum.parts + parts });
  }
  return [...sums.values()];
}
