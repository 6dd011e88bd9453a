import { isFields } from '../../body-fields.ts';
import type { ResponseCompletionFragment } from '../../operations.generated.ts';
import type { ClientTools } from '../tools/client-tools.ts';
import { OutputItems } from './output-items.ts';
import type { OutputItem } from './response-items.ts';

/**
 * The items of a whole answer: reasoning, then the messages with the vendor's own items in their places, and calls of the client's tools.
 * They are those that its events would have added up to.
 */
export function toOutput(completion: ResponseCompletionFragment, tools: ClientTools): readonly OutputItem[] {
  const { id, status, toolCalls } = completion;
  if (status === 'RUNNING') return [];
  const write = () => '';
  const items = new OutputItems(id, tools, write, write);
  addReasoning(completion, items);
  addTexts(completion, items);
  for (const [index, { id: callId, name, argumentsText }] of toolCalls.entries()) {
    items.toolCall({ index, id: callId, name, argumentsDelta: argumentsText });
  }
  items.close(status === 'SUCCEEDED');
  return items.list;
}

function addReasoning({ reasoning, reasoningBlocks }: ResponseCompletionFragment, items: OutputItems): void {
  if (reasoning !== null && reasoningBlocks.every(({ text }) => text === null)) {
    items.reasoning(reasoning);
    items.endReasoning();
  }
  for (const block of reasoningBlocks) {
    if (block.text !== null && block.text !== '') items.reasoning(block.text);
    items.reasoningBlock(block);
  }
}

/** The text with the vendor's items in their places. What belongs to the text as a whole is that of its last message. */
function addTexts(completion: ResponseCompletionFragment, items: OutputItems): void {
  const { text, refusal, citations, providerBlocks } = completion;
  const logprobs = readLogprobs(completion.logprobs);
  let sent = 0;
  let isEnded = false;
  const send = (end: number) => {
    if (end <= sent) return;
    const part = text.slice(sent, end);
    items.text(part);
    items.logprobs(takeLogprobs(logprobs, part.length));
    sent = end;
  };
  const end = () => {
    if (isEnded) return;
    isEnded = true;
    send(text.length);
    items.logprobs(logprobs);
    if (refusal !== null) items.refusal(refusal);
    for (const citation of citations) items.citation(citation);
  };
  for (const block of providerBlocks) {
    send(block.textOffset);
    if (text !== '' && sent === text.length) end();
    items.vendorItem(block);
  }
  end();
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
