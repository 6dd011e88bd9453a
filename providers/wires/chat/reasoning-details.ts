import type { ProviderKind, ProviderPart, SentReasoning } from '../../provider.ts';
import { type Fields, fields, list, text } from '../shared/fields.ts';

interface BlockSoFar {
  text: string;
  signature: string;
  redacted: string;
  details: Fields;
}

/** Blocks of an answer: what a client may send back in one message. */
const blocksMax = 100;

/**
 * The blocks of `reasoning_details`, which OpenRouter and servers like it put beside the text of reasoning, and want back
 * unchanged. In a stream, what has the type, the index and the ID of a block before it continues it.
 */
export class ReasoningDetails {
  readonly #blocks = new Map<string, BlockSoFar>();

  /** Whether there is any. */
  get hasAny(): boolean {
    return this.#blocks.size > 0;
  }

  /** `isWhole`: each is a block of its own. */
  add(value: unknown, isWhole: boolean): void {
    for (const [at, item] of list(value).entries()) {
      const given = fields(item);
      if (given === null) continue;
      const { text: content, summary, signature, data, ...details } = given;
      const key = isWhole ? String(at) : JSON.stringify([details.type, details.index]);
      let block = this.#blocks.get(key);
      if (block === undefined) {
        if (this.#blocks.size === blocksMax) return;
        block = { text: '', signature: '', redacted: '', details: {} };
        this.#blocks.set(key, block);
      }
      block.text += text(content) || text(summary);
      block.signature = text(signature) || block.signature;
      block.redacted += text(data);
      block.details = { ...block.details, ...withoutNull(details) };
    }
  }

  /** All blocks, which are complete with the answer. */
  end(provider: ProviderKind, into: ProviderPart[]): void {
    for (const { text: content, signature, redacted, details } of this.#blocks.values()) {
      const block = { text: content || null, signature: signature || null, redacted: redacted || null };
      if (Object.values(block).every((value) => value === null)) continue;
      into.push({ type: 'reasoning-block', block: { ...block, toolCallId: null, provider, details } });
    }
  }
}

function withoutNull(given: Fields): Fields {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/** The block as its provider returned it; undefined for one that came as text alone, or from another provider. */
function writeBlock({ text: content, signature, redacted, provider, details }: SentReasoning) {
  if (provider === null) return undefined;
  if (signature === null && redacted === null && details === undefined) return undefined;
  const type = text(details?.type) || (redacted === null ? 'reasoning.text' : 'reasoning.encrypted');
  const { responses: _, ...further } = details ?? {};
  return {
    ...further,
    type,
    ...(content === null ? {} : { [type === 'reasoning.summary' ? 'summary' : 'text']: content }),
    ...(signature === null ? {} : { signature }),
    ...(redacted === null ? {} : { data: redacted }),
  };
}

/** The field with the blocks of an earlier answer; empty where there are none. */
export function writeReasoningDetails(blocks: readonly SentReasoning[]): object {
  const written = blocks.map(writeBlock).filter((block) => block !== undefined);
  return written.length === 0 ? {} : { reasoning_details: written };
}

/** Whether a block has a signature, encrypted reasoning, or details beside its type. */
export function isMoreThanText({ signature, redacted, details = {} }: SentReasoning): boolean {
  return signature !== null || redacted !== null || Object.keys(details).some((name) => name !== 'type');
}
