import type { GuardedText, TextKind } from '#guardrails/guardrail.ts';
import type { ProviderAnswer, ProviderPart } from '#providers/provider.ts';
import { fromModel, toTool } from './answer-texts.ts';

/** A part of a text that grows. */
export interface GrowingText {
  readonly text: string;
  readonly kind: TextKind;
  /** Distinguishes the texts of a kind. */
  readonly index: number;
  readonly format: GuardedText['format'];
  readonly stages: GuardedText['stages'];
}

/** The text that a part continues; null: it continues none. */
export function toGrowing(part: ProviderPart): GrowingText | null {
  const common = { index: 0, format: 'TEXT', stages: fromModel } as const;
  switch (part.type) {
    case 'text':
      return { ...common, text: part.text, kind: 'message' };
    case 'reasoning':
    case 'refusal':
      return { ...common, text: part.text, kind: part.type };
    case 'audio':
      return part.transcript == null ? null : { ...common, text: part.transcript, kind: 'transcript' };
    case 'tool-call': {
      const { argumentsDelta: text, index } = part;
      return { text, kind: 'tool-arguments', index, format: 'JSON', stages: toTool };
    }
    default:
      return null;
  }
}

/** The answer that has a whole part alone; null: it is part of none, and may hold pieces of texts. */
export function toPartialAnswer(part: ProviderPart): Partial<ProviderAnswer> | null {
  switch (part.type) {
    case 'reasoning-block':
      return { extras: { reasoningBlocks: [part.block] } };
    case 'citation':
      return { extras: { citations: [part.citation] } };
    case 'provider-block':
      return { extras: { providerBlocks: [{ format: part.format, block: part.block, textOffset: 0 }] } };
    case 'provider-block-change':
      return holdsPiece(part.change)
        ? null
        : { extras: { providerBlocks: [{ format: part.format, block: part.change, textOffset: 0 }] } };
    default:
      return {};
  }
}

/** The part as it stands in the answer that `toPartialAnswer` made of it. */
export function fromAnswer(part: ProviderPart, { extras = {} }: Partial<ProviderAnswer>): ProviderPart {
  const { reasoningBlocks, citations, providerBlocks } = extras;
  switch (part.type) {
    case 'reasoning-block':
      return { ...part, block: reasoningBlocks?.[0] ?? part.block };
    case 'citation':
      return { ...part, citation: citations?.[0] };
    case 'provider-block':
      return { ...part, block: providerBlocks?.[0]?.block };
    case 'provider-block-change':
      return { ...part, change: providerBlocks?.[0]?.block };
    default:
      return part;
  }
}

/** Progress that is a piece of a text, which is whole only in the block that follows. */
function holdsPiece(change: unknown): boolean {
  return typeof change === 'object' && change !== null && 'delta' in change;
}
