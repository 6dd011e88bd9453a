import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import { AnswerOrder, findTextEnd } from './answer-order.ts';
import { AudioBuilder } from './audio-builder.ts';
import type {
  AlternativeAnswer,
  AnswerExtras,
  FinishDetails,
  FinishReason,
  OutlineItem,
  OwnFields,
  ProviderAnswer,
  ProviderBlock,
  ProviderPart,
  ProviderUsage,
  ReasoningBlock,
  ToolCall,
} from './provider.ts';

interface ToolCallSoFar {
  id: string;
  name: string;
  arguments: string;
  own: OwnFields | undefined;
}

/** What one attempt has emitted so far, put together of its parts. */
export class AnswerBuilder {
  text = '';
  reasoning = '';
  usage: ProviderUsage | null = null;
  /** Characters received, tool calls' arguments included. */
  received = 0;
  /** Parts received. */
  parts = 0;
  readonly #toolCalls = new Map<number, ToolCallSoFar>();
  readonly #order = new AnswerOrder();
  #extras: ExtrasBuilder | undefined;

  add(part: ProviderPart): void {
    this.parts += 1;
    switch (part.type) {
      case 'text':
        this.received += part.text.length;
        if (part.alternative === undefined) {
          this.#order.text(this.text.length);
          this.text += part.text;
        } else this.#more.alternative(part.alternative).add(toFirst(part));
        break;
      case 'reasoning':
        this.received += part.text.length;
        if (part.alternative === undefined) {
          this.#order.reasoningText(this.#extras?.blocks.length ?? 0);
          this.reasoning += part.text;
        } else this.#more.alternative(part.alternative).add(toFirst(part));
        break;
      case 'tool-call':
        this.received += part.argumentsDelta.length;
        if (part.alternative === undefined) this.#addToolCall(part);
        else this.#more.alternative(part.alternative).add(toFirst(part));
        break;
      case 'usage':
        this.usage = part.usage;
        break;
      case 'finish':
        this.usage = part.usage;
        this.#finish(part);
        break;
      case 'reasoning-block':
        this.#order.reasoningBlock(this.#more.blocks.length);
        this.#more.add(part);
        break;
      case 'provider-block':
        this.#order.add('PROVIDER_BLOCK', this.#more.providerBlocks.length);
        this.#more.providerBlocks.push({
          format: part.format,
          block: part.block,
          textOffset: this.text.length,
        });
        break;
      case 'provider-block-change':
        break;
      case 'refusal':
        this.received += part.text.length;
        this.#more.add(part);
        break;
      case 'audio':
        this.received += part.transcript?.length ?? 0;
        this.#more.add(part);
        break;
      default:
        this.#more.add(part);
    }
  }

  #finish({ type: _, reason: __, usage: ___, ...details }: ProviderPart & { readonly type: 'finish' }): void {
    if (Object.keys(details).length > 0) this.#more.finish = details;
  }

  get #more(): ExtrasBuilder {
    this.#extras ??= new ExtrasBuilder();
    return this.#extras;
  }

  /** What there is beside text, reasoning and tool calls; undefined: nothing. */
  get extras(): AnswerExtras | undefined {
    return this.#extras?.build(this.#order);
  }

  get toolCalls(): readonly ToolCall[] {
    return [...this.#toolCalls.values()].map(({ id, name, arguments: text, own }) => ({
      id,
      name,
      arguments: parseArguments(text),
      ...(own === undefined ? {} : { own }),
    }));
  }

  answer(finish: ProviderPart & { readonly type: 'finish' }): ProviderAnswer {
    const { extras } = this;
    return {
      text: this.text,
      reasoning: this.reasoning === '' ? null : this.reasoning,
      toolCalls: this.toolCalls,
      finishReason: finish.reason,
      usage: finish.usage,
      ...(extras === undefined ? {} : { extras }),
    };
  }

  #addToolCall(part: ProviderPart & { readonly type: 'tool-call' }): void {
    let call = this.#toolCalls.get(part.index);
    if (call === undefined) {
      call = { id: part.id ?? `call_${part.index}`, name: part.name ?? '', arguments: '', own: undefined };
      this.#order.add('TOOL_CALL', this.#toolCalls.size);
      this.#toolCalls.set(part.index, call);
    }
    if (part.name !== undefined) call.name = part.name;
    if (part.id !== undefined) call.id = part.id;
    call.arguments += part.argumentsDelta;
    call.own = part.own ?? call.own;
  }
}

/** The part as one of a first answer. */
function toFirst<Part extends { readonly alternative?: number }>({ alternative: _, ...part }: Part) {
  return part;
}

/** What few answers have. */
class ExtrasBuilder {
  readonly blocks: ReasoningBlock[] = [];
  #refusal = '';
  readonly #citations: unknown[] = [];
  readonly providerBlocks: ProviderBlock[] = [];
  finish: FinishDetails | undefined;
  readonly #logprobs: unknown[] = [];
  #audio: AudioBuilder | undefined;
  readonly #alternatives = new Map<number, AnswerBuilder>();
  readonly #finishes = new Map<number, FinishReason>();

  alternative(index: number): AnswerBuilder {
    let answer = this.#alternatives.get(index);
    if (answer === undefined) {
      answer = new AnswerBuilder();
      this.#alternatives.set(index, answer);
    }
    return answer;
  }

  add(part: ProviderPart): void {
    switch (part.type) {
      case 'reasoning-block':
        this.blocks.push(part.block);
        break;
      case 'refusal':
        if (part.alternative === undefined) this.#refusal += part.text;
        else this.alternative(part.alternative).add(toFirst(part));
        break;
      case 'citation':
        this.#citations.push(part.citation);
        break;
      case 'logprobs':
        if (part.alternative === undefined) this.#logprobs.push(...part.tokens);
        else this.alternative(part.alternative).add(toFirst(part));
        break;
      case 'audio':
        this.#audio ??= new AudioBuilder();
        this.#audio.add(part);
        break;
      case 'alternative-finish':
        this.alternative(part.alternative);
        this.#finishes.set(part.alternative, part.reason);
        break;
      default:
    }
  }

  build(order: AnswerOrder): AnswerExtras {
    // Texts and calls alone have one order, by which what follows a part that was sent can be found.
    const hasBlocks = this.blocks.length + this.providerBlocks.length > 0;
    const outline = hasBlocks ? order.build(this.blocks.length) : undefined;
    return {
      ...(this.#audio === undefined ? {} : { audio: this.#audio.build() }),
      ...(this.blocks.length === 0 ? {} : { reasoningBlocks: this.blocks }),
      ...(this.#refusal === '' ? {} : { refusal: this.#refusal }),
      ...(this.#citations.length === 0 ? {} : { citations: this.#citations }),
      ...(this.providerBlocks.length === 0 ? {} : { providerBlocks: this.providerBlocks }),
      ...(outline === undefined ? {} : { outline }),
      ...(this.finish === undefined ? {} : { finish: this.finish }),
      ...(this.#logprobs.length === 0 ? {} : { logprobs: { content: this.#logprobs } }),
      ...(this.#alternatives.size === 0 ? {} : { alternatives: this.#buildAlternatives() }),
    };
  }

  #buildAlternatives(): readonly AlternativeAnswer[] {
    return [...this.#alternatives]
      .sort(([a], [b]) => a - b)
      .map(([index, answer]) => ({
        index,
        text: answer.text,
        reasoning: answer.reasoning === '' ? null : answer.reasoning,
        refusal: answer.extras?.refusal ?? null,
        toolCalls: answer.toolCalls,
        logprobs: answer.extras?.logprobs ?? null,
        finishReason: this.#finishes.get(index) ?? 'OTHER',
      }));
  }
}

/** Models are not bound to write JSON; what they wrote is then a text, for the client to judge. */
function parseArguments(text: string): unknown {
  if (text === '') return {};
  try {
    return parseJson(text);
  } catch (error) {
    expectError(error, SyntaxError);
    return text;
  }
}

type WholeAnswer = Pick<ProviderAnswer, 'text' | 'reasoning' | 'toolCalls' | 'extras'>;

/** A whole answer as the parts that it might have come in. */
export function toParts(answer: WholeAnswer): readonly ProviderPart[] {
  const { reasoning, text, toolCalls, extras } = answer;
  if (extras?.outline !== undefined) return toOrderedParts(answer, extras.outline);
  return [
    ...(reasoning === null ? [] : [{ type: 'reasoning', text: reasoning } as const]),
    ...(extras?.reasoningBlocks ?? []).map((block) => ({ type: 'reasoning-block', block }) as const),
    ...toTextParts(text, extras?.providerBlocks),
    ...toFurtherParts(extras),
    ...toolCalls.map(toCallPart),
    ...(extras?.alternatives ?? []).flatMap(toAlternativeParts),
  ];
}

function toCallPart({ id, name, arguments: value, own }: ToolCall, index: number): ProviderPart {
  const argumentsDelta = JSON.stringify(value) ?? 'null';
  return { type: 'tool-call', index, id, name, argumentsDelta, ...(own === undefined ? {} : { own }) };
}

/** What belongs to the text. */
function toFurtherParts(extras: AnswerExtras | undefined): readonly ProviderPart[] {
  return [
    ...(extras?.refusal === undefined ? [] : [{ type: 'refusal', text: extras.refusal } as const]),
    ...(extras?.citations ?? []).map((citation) => ({ type: 'citation', citation }) as const),
    ...(extras?.audio === undefined ? [] : [{ type: 'audio', ...extras.audio } as const]),
    ...(extras?.logprobs === undefined
      ? []
      : [{ type: 'logprobs', tokens: extras.logprobs.content } as const]),
  ];
}

function toOrderedParts(
  { text, reasoning, toolCalls, extras }: WholeAnswer,
  outline: readonly OutlineItem[],
): readonly ProviderPart[] {
  const { reasoningBlocks = [], providerBlocks = [] } = extras ?? {};
  const lastText = outline.findLastIndex(({ kind }) => kind === 'TEXT');
  const thoughts = splitReasoning(reasoning ?? '', reasoningBlocks);
  const toItemParts = ({ kind, index }: OutlineItem, at: number): ProviderPart[] => {
    switch (kind) {
      case 'TEXT': {
        const part = text.slice(index, findTextEnd(outline, at, text.length));
        return [{ type: 'text', text: part }, ...(at === lastText ? toFurtherParts(extras) : [])];
      }
      case 'REASONING': {
        const [thought = '', block] = [thoughts[index], reasoningBlocks[index]];
        const spoken = thought === '' ? [] : [{ type: 'reasoning', text: thought } as const];
        return block === undefined ? spoken : [...spoken, { type: 'reasoning-block', block }];
      }
      case 'PROVIDER_BLOCK':
        return providerBlocks
          .slice(index, index + 1)
          .map(({ format, block }) => ({ type: 'provider-block', format, block }));
      case 'TOOL_CALL':
        return toolCalls.slice(index, index + 1).map((call) => toCallPart(call, index));
    }
  };
  const parts = outline.flatMap(toItemParts);
  return lastText >= 0 ? parts : [...parts, ...toFurtherParts(extras)];
}

/** What of the reasoning belongs to each block: up to the end of the block's text, and the rest to the last one. */
function splitReasoning(reasoning: string, blocks: readonly ReasoningBlock[]): readonly string[] {
  let sent = 0;
  return blocks.map(({ text }, at) => {
    const found = text === null ? -1 : reasoning.indexOf(text, sent);
    const end = at === blocks.length - 1 ? reasoning.length : found < 0 ? sent : found + (text ?? '').length;
    const part = reasoning.slice(sent, end);
    sent = end;
    return part;
  });
}

/** The text with the blocks in their places. */
function toTextParts(text: string, blocks: readonly ProviderBlock[] = []): readonly ProviderPart[] {
  const parts: ProviderPart[] = [];
  let sent = 0;
  const send = (end: number) => {
    if (end > sent) parts.push({ type: 'text', text: text.slice(sent, end) });
    sent = Math.max(sent, end);
  };
  for (const { textOffset, format, block } of blocks) {
    send(textOffset);
    parts.push({ type: 'provider-block', format, block });
  }
  send(text.length);
  return parts;
}

function toAlternativeParts(answer: AlternativeAnswer): readonly ProviderPart[] {
  const { index: alternative, refusal, logprobs, finishReason } = answer;
  const extras = {
    ...(refusal === null ? {} : { refusal }),
    ...(logprobs === null ? {} : { logprobs }),
  };
  const parts = toParts({ ...answer, extras }).map((part) => ({ ...part, alternative }) as ProviderPart);
  return [...parts, { type: 'alternative-finish', alternative, reason: finishReason }];
}
