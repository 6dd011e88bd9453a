import { toParts } from '#providers/answer-builder.ts';
import type { ProviderAnswer, ProviderPart } from '#providers/provider.ts';
import type { CompletionEventData } from '../completion.ts';

/** The event that a part is to the client; undefined: it is none. */
export function toEvent(completionId: string, part: ProviderPart): CompletionEventData | undefined {
  switch (part.type) {
    case 'text':
      return part.alternative === undefined
        ? { type: 'TextDelta', completionId, text: part.text }
        : { ...part, type: 'TextDelta', completionId };
    case 'reasoning':
      return part.alternative === undefined
        ? { type: 'ReasoningDelta', completionId, text: part.text }
        : { ...part, type: 'ReasoningDelta', completionId };
    case 'tool-call':
      return {
        type: 'ToolCallDelta',
        completionId,
        ...(part.alternative === undefined ? {} : { alternative: part.alternative }),
        index: part.index,
        id: part.id ?? null,
        name: part.name ?? null,
        argumentsDelta: part.argumentsDelta,
        ...(part.own === undefined ? {} : { own: part.own }),
      };
    case 'reasoning-block':
      return { type: 'ReasoningFinished', completionId, block: part.block };
    case 'refusal':
      return { ...part, type: 'RefusalDelta', completionId };
    case 'citation':
      return { ...part, type: 'CitationAdded', completionId };
    case 'provider-block':
      return { ...part, type: 'ProviderBlockAdded', completionId };
    case 'provider-block-change':
      return { ...part, type: 'ProviderBlockChanged', completionId };
    case 'logprobs':
      return { ...part, type: 'LogprobsDelta', completionId };
    case 'audio':
      return { ...part, type: 'AudioDelta', completionId };
    case 'alternative-finish':
      return { ...part, type: 'AlternativeFinished', completionId };
    case 'usage':
    case 'finish':
      return undefined;
  }
}

/** The events of an answer that came as a whole. */
export function* toEvents(
  completionId: string,
  answer: Partial<ProviderAnswer>,
): Generator<CompletionEventData> {
  for (const part of toParts({ text: '', reasoning: null, toolCalls: [], ...answer })) {
    const event = toEvent(completionId, part);
    if (event !== undefined) yield event;
  }
}

/** The part of a provider that an event stands for; null: it is none. */
export function toPart(event: CompletionEventData): ProviderPart | null {
  const { type, completionId: _, ...rest } = event;
  switch (type) {
    case 'TextDelta':
      return { ...rest, type: 'text' } as ProviderPart;
    case 'ReasoningDelta':
      return { ...rest, type: 'reasoning' } as ProviderPart;
    case 'ToolCallDelta': {
      const { alternative, index, id, name, argumentsDelta, own } = event;
      return {
        type: 'tool-call',
        ...(alternative === undefined ? {} : { alternative }),
        index,
        ...(id === null ? {} : { id }),
        ...(name === null ? {} : { name }),
        argumentsDelta,
        ...(own === undefined ? {} : { own }),
      };
    }
    case 'ReasoningFinished':
      return { type: 'reasoning-block', block: event.block };
    case 'RefusalDelta':
      return { ...rest, type: 'refusal' } as ProviderPart;
    case 'CitationAdded':
      return { type: 'citation', citation: event.citation };
    case 'ProviderBlockAdded':
      return { type: 'provider-block', format: event.format, block: event.block };
    case 'ProviderBlockChanged':
      return { type: 'provider-block-change', format: event.format, change: event.change };
    case 'LogprobsDelta':
      return { ...rest, type: 'logprobs' } as ProviderPart;
    case 'AudioDelta':
      return { ...rest, type: 'audio' } as ProviderPart;
    case 'AlternativeFinished':
      return { type: 'alternative-finish', alternative: event.alternative, reason: event.reason };
    case 'CompletionStarted':
    case 'CompletionRestarted':
    case 'CompletionFinished':
    case 'CompletionFailed':
      return null;
  }
}
