import type { CallItem, MessageHead, OutputItem } from './response-items.ts';

/** An item that has begun, at its place in the output. */
export interface OpenItem {
  readonly id: string;
  readonly index: number;
  /** The last state of the item. */
  item: OutputItem;
  isClosed: boolean;
}

export interface OpenMessage extends OpenItem {
  readonly head: MessageHead;
  text: string | null;
  refusal: string | null;
  textHead: string;
  readonly annotations: object[];
  readonly logprobs: unknown[];
  /** The parts in the order in which they began. */
  readonly order: ('text' | 'refusal')[];
}

export interface OpenReasoning extends OpenItem {
  text: string;
  head: string;
}

export interface OpenCall extends OpenItem {
  call: CallItem;
  head: string;
}
