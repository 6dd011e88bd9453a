import { HeddleError } from '#core/errors.ts';
import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { Framing } from '../../../http/stream.ts';
import { isFields } from '../../body-fields.ts';
import { toMessagesCitation } from '../../citations.ts';
import { refuseRestart } from '../../completion-events.ts';
import type { MessagesStreamSubscription } from '../../operations.generated.ts';
import { presentAnthropicError } from '../anthropic-errors.ts';
import { wrapSignature } from '../reasoning-signature.ts';
import {
  countServerTool,
  type ServerToolUse,
  toCallBlock,
  toEmptyMessage,
  toMessagesUsage,
  toStop,
} from './messages-answer.ts';
import { messagesFormat } from './own-blocks.ts';

type MessagesEvent = MessagesStreamSubscription['completionStream'];
type EventOf<Name extends MessagesEvent['__typename']> = Extract<
  MessagesEvent,
  { readonly __typename: Name }
>;

/** The block that is open: Anthropic's have one at a time. */
type OpenBlock =
  | { readonly type: 'text' }
  | { readonly type: 'thinking' }
  | { readonly type: 'tool_use'; readonly call: number; input: string; isWhole: boolean | null };

const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
const noInput = /^\s*$/;
/** Types of blocks whose input clients take from deltas. */
const streamedInputs: ReadonlySet<string> = new Set(['server_tool_use', 'mcp_tool_use']);

function writeEvent(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/**
 * The events of a completion as those of Anthropic's messages. Blocks follow each other: while the arguments of a tool call are
 * not whole, events of others wait for them. A failure is an error event, and nothing after it.
 */
export class MessagesFraming implements Framing<MessagesEvent> {
  readonly contentType = 'text/event-stream; charset=utf-8';
  readonly opening = '';
  readonly keepAlive = ping;
  readonly #exchange: Exchange;
  #index = -1;
  #block: OpenBlock | null = null;
  /** What stands before the text of a delta of the open block, written out once for all of them. */
  #before = '';
  #held: MessagesEvent[] = [];
  #hasRefused = false;
  /** The text of the block of thinking that is next signed was streamed. */
  #hasThought = false;
  #serverTools: ServerToolUse | null = null;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  next(event: MessagesEvent): string {
    if (this.#mustWait(event)) {
      this.#held.push(event);
      return '';
    }
    const text = this.#write(event);
    return this.#held.length === 0 ? text : text + this.#writeHeld();
  }

  closing(): string {
    return '';
  }

  failed(thrown: unknown): string {
    const { type, ...rest } = presentAnthropicError(this.#exchange, thrown);
    return writeEvent(type, rest);
  }

  #mustWait(event: MessagesEvent): boolean {
    const block = this.#block;
    if (block?.type !== 'tool_use' || event.__typename === 'CompletionFinished') return false;
    const isOwn = event.__typename === 'ToolCallDelta' && event.index === block.call;
    if (isOwn) return false;
    // Parsed once for all the events that wait.
    block.isWhole ??= isWhole(block.input);
    return !block.isWhole;
  }

  /** Writes the events that wait, as long as they need not wait any more. */
  #writeHeld(): string {
    const held = this.#held;
    this.#held = [];
    return held.map((event) => this.next(event)).join('');
  }

  #write(event: MessagesEvent): string {
    switch (event.__typename) {
      case 'CompletionStarted':
        return (
          writeEvent('message_start', {
            message: toEmptyMessage(event.completionId, event.model.id, event.usage),
          }) + ping
        );
      case 'TextDelta':
        return this.#text(event.text);
      case 'RefusalDelta':
        this.#hasRefused = true;
        return this.#text(event.text);
      case 'CitationAdded':
        return (
          this.#openText() +
          this.#delta({ type: 'citations_delta', citation: toMessagesCitation(event.citation) })
        );
      case 'ReasoningDelta':
        this.#hasThought = true;
        return this.#openThinking() + this.#deltaText(event.text);
      case 'ReasoningFinished':
        return this.#finishReasoning(event.block);
      case 'ToolCallDelta':
        return this.#toolCall(event);
      case 'ProviderBlockAdded':
        return this.#providerBlock(event);
      case 'CompletionFinished':
        return this.#finish(event);
      case 'CompletionRestarted':
        return refuseRestart();
      case 'LogprobsDelta':
      case 'AlternativeFinished':
      case 'AudioDelta':
      case 'ProviderBlockChanged':
      case 'CompletionFailed':
        // No answer to such a request has the first four, and the last is thrown.
        return '';
    }
  }

  #text(text: string): string {
    return this.#openText() + this.#deltaText(text);
  }

  #openText(): string {
    return this.#block?.type === 'text'
      ? ''
      : this.#open({ type: 'text' }, { type: 'text', text: '', citations: null }, 'text_delta', 'text');
  }

  #openThinking(): string {
    if (this.#block?.type === 'thinking') return '';
    const start = { type: 'thinking', thinking: '', signature: '' };
    return this.#open({ type: 'thinking' }, start, 'thinking_delta', 'thinking');
  }

  #open(block: OpenBlock, start: object, deltaType: string, field: string): string {
    const closed = this.#close();
    this.#index += 1;
    this.#block = block;
    this.#before = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":{"type":"${deltaType}","${field}":`;
    return closed + writeEvent('content_block_start', { index: this.#index, content_block: start });
  }

  #close(): string {
    if (this.#block === null) return '';
    this.#block = null;
    return writeEvent('content_block_stop', { index: this.#index });
  }

  #deltaText(text: string): string {
    return `${this.#before}${JSON.stringify(text)}}}\n\n`;
  }

  #delta(delta: object): string {
    return writeEvent('content_block_delta', { index: this.#index, delta });
  }

  /** A block that is encrypted, or that signs a tool call, has no text: it is one event. */
  #finishReasoning(block: EventOf<'ReasoningFinished'>['block']): string {
    const { text, signature, redacted } = block;
    if (redacted !== null) {
      const data = wrapSignature(block, redacted);
      this.#hasThought = false;
      const closed = this.#close();
      this.#index += 1;
      const at = { index: this.#index };
      const start = { ...at, content_block: { type: 'redacted_thinking', data } };
      return closed + writeEvent('content_block_start', start) + writeEvent('content_block_stop', at);
    }
    const opened = this.#openThinking();
    const thought = this.#hasThought || text === null || text === '' ? '' : this.#deltaText(text);
    this.#hasThought = false;
    const signed =
      signature === null
        ? ''
        : this.#delta({ type: 'signature_delta', signature: wrapSignature(block, signature) });
    return opened + thought + signed + this.#close();
  }

  /** Clients add the input of a tool that the provider runs from deltas; all other blocks stand in their first event. */
  #providerBlock({ format, content: block }: EventOf<'ProviderBlockAdded'>): string {
    if (format !== messagesFormat || !isFields(block)) return '';
    this.#serverTools = countServerTool(this.#serverTools, block);
    const closed = this.#close();
    this.#index += 1;
    const index = this.#index;
    const isCall = isFields(block.input) && streamedInputs.has(String(block.type));
    const content_block = isCall ? { ...block, input: {} } : block;
    const delta = { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
    return (
      closed +
      writeEvent('content_block_start', { index, content_block }) +
      (isCall ? writeEvent('content_block_delta', { index, delta }) : '') +
      writeEvent('content_block_stop', { index })
    );
  }

  #toolCall({ index, id, name, argumentsDelta, providerOptions }: EventOf<'ToolCallDelta'>): string {
    const block = this.#block;
    if (block?.type === 'tool_use' && block.call === index) {
      block.input += argumentsDelta;
      block.isWhole = null;
      return argumentsDelta === '' ? '' : this.#deltaText(argumentsDelta);
    }
    // White space behind the arguments of a call that is closed.
    if (id === null) return '';
    const start = toCallBlock({ id, providerOptions }, name ?? '');
    const opened = this.#open(
      { type: 'tool_use', call: index, input: argumentsDelta, isWhole: null },
      start,
      'input_json_delta',
      'partial_json',
    );
    return argumentsDelta === '' ? opened : opened + this.#deltaText(argumentsDelta);
  }

  #finish({ completion }: EventOf<'CompletionFinished'>): string {
    let rest = '';
    while (this.#held.length > 0) {
      rest += this.#close() + this.#writeHeld();
    }
    rest += this.#close();
    if (completion.status === 'CANCELLED') {
      return rest + this.failed(new HeddleError('CONFLICT', 'The completion was canceled.'));
    }
    const delta = toStop(completion, this.#hasRefused);
    const usage = toMessagesUsage(completion.usage, this.#serverTools, completion.serviceTier);
    return rest + writeEvent('message_delta', { delta, usage }) + writeEvent('message_stop', {});
  }
}

function isWhole(input: string): boolean {
  if (noInput.test(input)) return false;
  try {
    parseJson(input);
    return true;
  } catch (error) {
    expectError(error, SyntaxError);
    return false;
  }
}
