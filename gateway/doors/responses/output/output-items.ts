import { readOwnFields } from '../../body-fields.ts';
import { toResponseAnnotation } from '../../citations.ts';
import type { ChatReasoningFragment } from '../../operations.generated.ts';
import type { ClientTools } from '../tools/client-tools.ts';
import type { OpenCall, OpenItem, OpenMessage, OpenReasoning } from './open-items.ts';
import {
  type CallItem,
  findClientTool,
  itemIds,
  type MessageHead,
  type MessageParts,
  type OutputItem,
  readCustomInput,
  toCallItem,
  toMessageItem,
  toReasoningItem,
  toTextPart,
} from './response-items.ts';
import {
  readPhase,
  readVendorChange,
  readVendorItem,
  responsesFormat,
  type VendorBlock,
} from './vendor-items.ts';

type Write = (type: string, fields: object) => string;
/** Writes an event whose last field but its number is the delta. */
type WriteDelta = (head: string, delta: string) => string;

interface CallDelta {
  readonly index: number;
  readonly id: string | null;
  readonly name: string | null;
  readonly argumentsDelta: string;
  readonly providerOptions: unknown;
}

/**
 * The items of one output while they come: each has its index from its first event on, whatever comes between its parts, and
 * is done once.
 */
export class OutputItems {
  readonly #completionId: string;
  readonly #tools: ClientTools;
  readonly #write: Write;
  readonly #writeDelta: WriteDelta;
  readonly #items: OpenItem[] = [];
  #message: OpenMessage | undefined;
  #messageCount = 0;
  /** The phase of the next message. */
  #phase: string | undefined;
  #reasoning: OpenReasoning | undefined;
  #reasoningCount = 0;
  /** Blocks of any dialect: ids count them as the whole answer does. */
  #vendorCount = 0;
  /** Items of the vendor that it reports the progress of, by its own output indexes. */
  readonly #vendorItems = new Map<unknown, OpenItem>();
  readonly #calls = new Map<number, OpenCall>();

  constructor(completionId: string, tools: ClientTools, write: Write, writeDelta: WriteDelta) {
    this.#completionId = completionId;
    this.#tools = tools;
    this.#write = write;
    this.#writeDelta = writeDelta;
  }

  get list(): readonly OutputItem[] {
    return this.#items.map(({ item }) => item);
  }

  get hasAny(): boolean {
    return this.#items.length > 0;
  }

  text(delta: string): string {
    const message = this.#message;
    if (message !== undefined && message.text !== null) {
      message.text += delta;
      return this.#writeDelta(message.textHead, delta);
    }
    const [opened, open] = this.#openMessage();
    open.text = delta;
    return opened + this.#beginPart(open, 'text') + this.#writeDelta(open.textHead, delta);
  }

  refusal(delta: string): string {
    const [opened, open] = this.#openMessage();
    const begun = open.refusal === null ? this.#beginPart(open, 'refusal') : '';
    open.refusal = (open.refusal ?? '') + delta;
    const place = {
      item_id: open.id,
      output_index: open.index,
      content_index: open.order.indexOf('refusal'),
    };
    return opened + begun + this.#write('response.refusal.delta', { ...place, delta });
  }

  citation(citation: unknown): string {
    const annotation = toResponseAnnotation(citation);
    const [opened, open] = this.#openMessage();
    const begun = open.text === null ? this.#beginPart(open, 'text') : '';
    open.text ??= '';
    open.annotations.push(annotation);
    return (
      opened +
      begun +
      this.#write('response.output_text.annotation.added', {
        item_id: open.id,
        output_index: open.index,
        content_index: open.order.indexOf('text'),
        annotation_index: open.annotations.length - 1,
        annotation,
      })
    );
  }

  /** They are part of the text when it is done. */
  logprobs(tokens: readonly unknown[]): void {
    this.#message?.logprobs.push(...tokens);
  }

  /** What parts the reasoning of one item from that of the one before belongs to none. */
  reasoning(received: string): string {
    const isLater = this.#reasoning === undefined && this.#reasoningCount > 0;
    const delta = isLater ? received.replace(/^\n+/, '') : received;
    let opened = '';
    if (this.#reasoning === undefined) {
      const id = itemIds.reasoning(this.#completionId, this.#reasoningCount++);
      const item = toReasoningItem(id, '');
      const open: OpenReasoning = {
        id,
        index: this.#items.length,
        item,
        isClosed: false,
        text: '',
        head: '',
      };
      open.head = this.#deltaHead('response.reasoning_summary_text.delta', open, ',"summary_index":0');
      opened =
        this.#add(open, item) +
        this.#write('response.reasoning_summary_part.added', {
          item_id: id,
          output_index: open.index,
          summary_index: 0,
          part: { type: 'summary_text', text: '' },
        });
      this.#reasoning = open;
    }
    this.#reasoning.text += delta;
    return opened + this.#writeDelta(this.#reasoning.head, delta);
  }

  /** Ends the reasoning so far. */
  endReasoning(): string {
    return this.#closeReasoning();
  }

  /** Ends the reasoning so far; without any it is an item of its own, such as one that is encrypted. */
  reasoningBlock(block: ChatReasoningFragment): string {
    if (this.#reasoning !== undefined) return this.#closeReasoning(block);
    const id = itemIds.reasoning(this.#completionId, this.#reasoningCount++);
    const item = toReasoningItem(id, '', block);
    const open: OpenItem = { id, index: this.#items.length, item, isClosed: true };
    return this.#add(open, item) + this.#done(open);
  }

  toolCall({ index, id, name, argumentsDelta, providerOptions }: CallDelta): string {
    let opened = '';
    const given = readOwnFields(providerOptions, responsesFormat);
    let open = this.#calls.get(index);
    if (open === undefined) {
      opened = this.endReasoning();
      const tool = findClientTool(name ?? '', this.#tools);
      const itemId = itemIds.call(this.#completionId, index, tool.isCustom);
      const call: CallItem = { id: itemId, callId: id ?? itemId, argumentsText: '', ...tool, further: given };
      const item = toCallItem(call, 'in_progress');
      open = { id: itemId, index: this.#items.length, item, isClosed: false, call, head: '' };
      open.head = this.#deltaHead('response.function_call_arguments.delta', open, '');
      opened += this.#add(open, item);
      this.#calls.set(index, open);
    }
    const { argumentsText, further } = open.call;
    const text = argumentsText + argumentsDelta;
    open.call = { ...open.call, argumentsText: text, further: { ...further, ...given } };
    if (argumentsDelta === '') return opened;
    // The input of a custom tool is inside of JSON: it is sent when that is whole.
    return open.call.isCustom ? opened : opened + this.#writeDelta(open.head, argumentsDelta);
  }

  /** An item of the vendor's, which is whole by now; or the phase of the message that begins. */
  vendorItem(block: VendorBlock): string {
    const phase = readPhase(block);
    if (phase !== undefined) {
      this.#phase = phase;
      return this.endReasoning() + this.#endMessage();
    }
    const item = readVendorItem(block, itemIds.vendor(this.#completionId, this.#vendorCount++));
    if (item === undefined) return '';
    const begun = this.#items.find(({ id, isClosed }) => id === item.id && !isClosed);
    const [opened, open] = begun === undefined ? this.#openVendorItem(item) : ['', begun];
    open.item = item;
    return opened + this.#done(open);
  }

  /** Progress of an item of the vendor's, in its place in this output. */
  vendorChange(block: VendorBlock): string {
    const change = readVendorChange(block);
    if (change === undefined) return '';
    const { type, index, fields } = change;
    if (type === 'response.output_item.added') {
      const item = readVendorItem({ format: block.format, content: fields.item }, '');
      if (item === undefined || item.id === '' || this.#items.some(({ id }) => id === item.id)) return '';
      const [opened, open] = this.#openVendorItem(item);
      this.#vendorItems.set(index, open);
      return opened;
    }
    const open = this.#vendorItems.get(index);
    if (open === undefined || open.isClosed) return '';
    return this.#write(type, { ...fields, output_index: open.index });
  }

  /**
   * Ends every item, in their order.
   * @param whole the items as they are in the end, where their single events were lost
   */
  close(isComplete: boolean, whole?: readonly OutputItem[]): string {
    if (whole !== undefined) return this.#replace(whole);
    let text = this.endReasoning();
    const isSilent = this.#items.every(({ item }) => item.type === 'reasoning');
    if (isComplete && (isSilent || this.#phase !== undefined)) {
      const [opened, open] = this.#openMessage();
      open.text = '';
      text += opened + this.#beginPart(open, 'text');
    }
    const status = isComplete ? 'completed' : 'incomplete';
    for (const open of this.#items) {
      if (open.isClosed) continue;
      if (open === this.#message) text += this.#closeMessage(this.#message, status);
      else text += 'call' in open ? this.#closeCall(open as OpenCall) : this.#done(open);
    }
    return text;
  }

  /** Items that have begun become what they are; those that the client has not seen are added. */
  #replace(whole: readonly OutputItem[]): string {
    let text = '';
    for (const item of whole) {
      let open = this.#items.find(({ id }) => id === item.id);
      if (open === undefined) {
        open = { id: item.id, index: this.#items.length, item, isClosed: false };
        text += this.#add(open, item);
      }
      if (open.isClosed) continue;
      open.item = item;
      text += this.#done(open);
    }
    return text;
  }

  #openMessage(): readonly [string, OpenMessage] {
    if (this.#message !== undefined) return ['', this.#message];
    const closed = this.endReasoning();
    const parts: MessageParts = { text: null, refusal: null, annotations: [], logprobs: [] };
    const id = itemIds.message(this.#completionId, this.#messageCount++);
    const head: MessageHead = this.#phase === undefined ? { id } : { id, phase: this.#phase };
    this.#phase = undefined;
    const item = toMessageItem(head, parts, 'in_progress');
    const base = { id, index: this.#items.length, item, isClosed: false, textHead: '' };
    const open: OpenMessage = {
      ...base,
      head,
      text: null,
      refusal: null,
      annotations: [],
      logprobs: [],
      order: [],
    };
    this.#message = open;
    return [closed + this.#add(open, item), open];
  }

  /** The text after what begins now is another message. */
  #endMessage(): string {
    const open = this.#message;
    this.#message = undefined;
    return open === undefined ? '' : this.#closeMessage(open, 'completed');
  }

  #openVendorItem(item: OutputItem): readonly [string, OpenItem] {
    const closed = this.endReasoning() + this.#endMessage();
    const open: OpenItem = { id: item.id, index: this.#items.length, item, isClosed: false };
    return [closed + this.#add(open, item), open];
  }

  #beginPart(open: OpenMessage, kind: 'text' | 'refusal'): string {
    const contentIndex = open.order.push(kind) - 1;
    if (kind === 'text') {
      const more = `,"content_index":${contentIndex},"logprobs":[]`;
      open.textHead = this.#deltaHead('response.output_text.delta', open, more);
    }
    const empty: MessageParts = { text: '', refusal: null, annotations: [], logprobs: [] };
    return this.#write('response.content_part.added', {
      item_id: open.id,
      output_index: open.index,
      content_index: contentIndex,
      part: kind === 'text' ? toTextPart(empty) : { type: 'refusal', refusal: '' },
    });
  }

  #closeMessage(open: OpenMessage, status: 'completed' | 'incomplete'): string {
    let text = '';
    for (const [contentIndex, kind] of open.order.entries()) {
      const place = { item_id: open.id, output_index: open.index, content_index: contentIndex };
      const part = kind === 'text' ? toTextPart(open) : { type: 'refusal', refusal: open.refusal };
      text +=
        kind === 'text'
          ? this.#write('response.output_text.done', { ...place, text: open.text, logprobs: open.logprobs })
          : this.#write('response.refusal.done', { ...place, refusal: open.refusal });
      text += this.#write('response.content_part.done', { ...place, part });
    }
    const item = toMessageItem(open.head, open, status);
    const [first] = open.order;
    // The parts of a stream stand in the order in which they began.
    const content = first === 'refusal' ? (item.content as unknown[]).toReversed() : item.content;
    open.item = { ...item, content };
    return text + this.#done(open);
  }

  #closeReasoning(block?: ChatReasoningFragment): string {
    const open = this.#reasoning;
    if (open === undefined) return '';
    this.#reasoning = undefined;
    const place = { item_id: open.id, output_index: open.index, summary_index: 0 };
    open.item = toReasoningItem(open.id, open.text, block);
    return (
      this.#write('response.reasoning_summary_text.done', { ...place, text: open.text }) +
      this.#write('response.reasoning_summary_part.done', {
        ...place,
        part: { type: 'summary_text', text: open.text },
      }) +
      this.#done(open)
    );
  }

  #closeCall(open: OpenCall): string {
    const { call, id, index } = open;
    open.item = toCallItem(call, 'completed');
    const place = { item_id: id, output_index: index };
    if (!call.isCustom) {
      const fields = { ...place, name: call.name, arguments: call.argumentsText };
      return this.#write('response.function_call_arguments.done', fields) + this.#done(open);
    }
    const input = readCustomInput(call.argumentsText);
    return (
      this.#write('response.custom_tool_call_input.delta', { ...place, delta: input }) +
      this.#write('response.custom_tool_call_input.done', { ...place, input }) +
      this.#done(open)
    );
  }

  #add(open: OpenItem, item: OutputItem): string {
    this.#items.push(open);
    return this.#write('response.output_item.added', { output_index: open.index, item });
  }

  #done(open: OpenItem): string {
    open.isClosed = true;
    return this.#write('response.output_item.done', { output_index: open.index, item: open.item });
  }

  #deltaHead(type: string, { id, index }: OpenItem, more: string): string {
    return `event: ${type}\ndata: {"type":"${type}","item_id":"${id}","output_index":${index}${more},"delta":`;
  }
}
