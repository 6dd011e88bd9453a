import type { OutlineKind } from '#core/graph-enums.generated.ts';
import type { OutlineItem, ProviderAnswer } from './provider.ts';

const places: Readonly<Record<OutlineKind, number>> = {
  REASONING: 0,
  TEXT: 1,
  PROVIDER_BLOCK: 1,
  TOOL_CALL: 2,
};

/** Follows the parts of an answer as they come. A block of reasoning stands where its text has begun. */
export class AnswerOrder {
  readonly #items: OutlineItem[] = [];
  /** The place of the reasoning that has come as text, and not as a block yet; -1: there is none. */
  #begun = -1;
  /** The place of the block of reasoning that has just come; -1: something else has come since. */
  #latest = -1;

  text(offset: number): void {
    this.#latest = -1;
    if (this.#items.at(-1)?.kind !== 'TEXT') this.#items.push({ kind: 'TEXT', index: offset });
  }

  reasoningText(index: number): void {
    this.#latest = -1;
    if (this.#begun >= 0) return;
    this.#begun = this.#items.push({ kind: 'REASONING', index }) - 1;
  }

  /** Those that come together, such as all of them with the end of an answer, stay together. */
  reasoningBlock(index: number): void {
    if (this.#begun >= 0) this.#latest = this.#begun;
    else {
      this.#latest = this.#latest >= 0 ? this.#latest + 1 : this.#items.length;
      this.#items.splice(this.#latest, 0, { kind: 'REASONING', index });
    }
    this.#begun = -1;
  }

  add(kind: 'PROVIDER_BLOCK' | 'TOOL_CALL', index: number): void {
    this.#latest = -1;
    this.#items.push({ kind, index });
  }

  /** Undefined where it is the usual one: reasoning, then the text with the provider's blocks in their places, then the calls. */
  build(reasoningBlocks: number): readonly OutlineItem[] | undefined {
    const items = this.#items.filter(({ kind, index }) => kind !== 'REASONING' || index < reasoningBlocks);
    const isUsual = items.every(
      ({ kind }, at) => at === 0 || places[kind] >= places[items[at - 1]?.kind ?? 'REASONING'],
    );
    return isUsual ? undefined : items;
  }
}

type Ordered = Pick<ProviderAnswer, 'text' | 'toolCalls' | 'extras'>;

/** The parts of an answer in the order in which its provider returned them. */
export function listOutline({ text, toolCalls, extras }: Ordered): readonly OutlineItem[] {
  const { reasoningBlocks = [], providerBlocks = [], outline } = extras ?? {};
  if (outline !== undefined) return outline;
  const items: OutlineItem[] = reasoningBlocks.map((_, index) => ({ kind: 'REASONING', index }));
  let sent = 0;
  const addText = (end: number) => {
    if (end > sent) items.push({ kind: 'TEXT', index: sent });
    sent = Math.max(sent, end);
  };
  for (const [index, { textOffset }] of providerBlocks.entries()) {
    addText(textOffset);
    items.push({ kind: 'PROVIDER_BLOCK', index });
  }
  addText(text.length);
  for (const index of toolCalls.keys()) items.push({ kind: 'TOOL_CALL', index });
  return items;
}

/** The end of the text that begins with an item of an outline, in characters of the whole. */
export function findTextEnd(outline: readonly OutlineItem[], at: number, length: number): number {
  return outline.slice(at + 1).find(({ kind }) => kind === 'TEXT')?.index ?? length;
}
