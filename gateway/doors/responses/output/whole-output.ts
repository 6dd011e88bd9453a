import { isFields } from '../../body-fields.ts';
import type { ResponseCompletionFragment } from '../../operations.generated.ts';
import type { ClientTools } from '../tools/client-tools.ts';
import { OutputItems } from './output-items.ts';
import type { OutputItem } from './response-items.ts';

/** The items of a whole answer, in the order of its parts. They are those that its events would have added up to. */
export function toOutput(completion: ResponseCompletionFragment, tools: ClientTools): readonly OutputItem[] {
  const { id, status, reasoning, reasoningBlocks, providerBlocks, toolCalls, outline } = completion;
  if (status === 'RUNNING') return [];
  const write = () => '';
  const items = new OutputItems(id, tools, write, write);
  const text = new WholeText(completion, items);
  if (reasoning !== null && reasoningBlocks.every((block) => block.text === null)) {
    items.reasoning(reasoning);
    items.endReasoning();
  }
  for (const [at, { kind, index }] of outline.entries()) {
    switch (kind) {
      case 'TEXT':
        text.send(outline.slice(at + 1).find((item) => item.kind === 'TEXT')?.index);
        break;
      case 'REASONING':
        for (const block of reasoningBlocks.slice(index, index + 1)) {
          if (block.text !== null && block.text !== '') items.reasoning(block.text);
          items.reasoningBlock(block);
        }
        break;
      case 'PROVIDER_BLOCK':
        for (const block of providerBlocks.slice(index, index + 1)) items.vendorItem(block);
        break;
      case 'TOOL_CALL':
        for (const call of toolCalls.slice(index, index + 1)) {
          const { argumentsText: argumentsDelta, ...named } = call;
          items.toolCall({ index, ...named, argumentsDelta });
        }
    }
  }
  text.end();
  items.close(status === 'SUCCEEDED');
  return items.list;
}

/** The text of an answer, with what belongs to it as a whole: that stands with its last piece. */
class WholeText {
  readonly #completion: ResponseCompletionFragment;
  readonly #items: OutputItems;
  readonly #logprobs: unknown[];
  #sent = 0;
  #isEnded = false;

  constructor(completion: ResponseCompletionFragment, items: OutputItems) {
    this.#completion = completion;
    this.#items = items;
    this.#logprobs = readLogprobs(completion.logprobs);
  }

  /** Sends the text up to the end of a piece; undefined: all of it. */
  send(end = this.#completion.text.length): void {
    const part = this.#completion.text.slice(this.#sent, end);
    if (part !== '') {
      this.#items.text(part);
      this.#items.logprobs(takeLogprobs(this.#logprobs, part.length));
    }
    this.#sent = end;
    if (end === this.#completion.text.length) this.end();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#items.logprobs(this.#logprobs);
    const { refusal, citations } = this.#completion;
    if (refusal !== null) this.#items.refusal(refusal);
    for (const citation of citations) this.#items.citation(citation);
  }
}

function readLogprobs(value: unknown): unknown[] {
  return isFields(value) && Array.isArray(value.content) ? [...value.content] : [];
}

/** Removes the tokens of a text of so many characters from the beginning. */
function takeLogprobs(tokens: unknown[], length: number): readonly unknown[] {
  let count = 0;
  for (let taken = 0; taken < length && count < tokens.length; count++) {
    const token = tokens[count];
    taken += isFields(token) && typeof token.token === 'string' ? token.token.length : length;
  }
  return tokens.splice(0, count);
}
