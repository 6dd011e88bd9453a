import type { ReleasedPiece, TextWindow } from '#guardrails/pipeline/window.ts';
import type { ProviderPart } from '#providers/provider.ts';

/** Characters that may wait behind the beginning of a placeholder; what comes then overtakes it. */
const waitingCharsMax = 200;

/** A text of an answer that grows. */
export interface Channel {
  readonly window: TextWindow;
  /** What was released and has not been emitted, in pieces. */
  readonly released: ReleasedPiece[];
  /** The offset up to which it was emitted. */
  emitted: number;
}

/** A part that waits for its turn. */
type Waiting =
  | { readonly part: ProviderPart; readonly channel: null }
  /** `end`: the offset of the end of its text. */
  | { part: ProviderPart; readonly channel: Channel; readonly end: number; isNew: boolean };

/**
 * The parts of one alternative in their order: each waits until what came before it is released. Only behind the beginning of a
 * placeholder that does not become one, others overtake; log probabilities never do, as they repeat a text that may still be changed.
 */
export class AnswerLane {
  /** The texts of the alternative that grow, by what they are. */
  readonly channels = new Map<string, Channel>();
  readonly #waiting: Waiting[] = [];
  #isEdited = false;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  addWhole(part: ProviderPart): void {
    this.#waiting.push({ part, channel: null });
  }

  /** @param part one whose text is in the channel's window by now */
  addText(part: ProviderPart, channel: Channel): void {
    this.#waiting.push({ part, channel, end: channel.window.received, isNew: true });
  }

  /** Text of the channel was released. */
  addReleased(channel: Channel, pieces: readonly ReleasedPiece[]): void {
    channel.released.push(...pieces);
    this.#isEdited ||= pieces.some(({ isChanged }) => isChanged);
  }

  /** The parts whose turn it is, with the texts that take the place of theirs. */
  take(): readonly ProviderPart[] {
    const parts: ProviderPart[] = [];
    while (this.#waiting[0] !== undefined && this.#emit(this.#waiting[0], parts)) this.#waiting.shift();
    if (this.#countWaiting() > waitingCharsMax) {
      const rest = this.#waiting.splice(0);
      for (const waiting of rest) {
        const mayOvertake = this.#waiting.length === 0 || waiting.part.type !== 'logprobs';
        if (!mayOvertake || !this.#emit(waiting, parts)) this.#waiting.push(waiting);
      }
    }
    return parts;
  }

  /** Emits what is released of a part; true: that was all of it. */
  #emit(waiting: Waiting, into: ProviderPart[]): boolean {
    if (waiting.channel === null) {
      // Log probabilities repeat the text that was changed.
      if (waiting.part.type !== 'logprobs' || !this.#isEdited) into.push(waiting.part);
      return true;
    }
    const { part, channel, end } = waiting;
    const text = takeUpTo(channel, end);
    const isDone = channel.emitted >= end;
    const emitted = withText(part, text, waiting.isNew);
    if (emitted !== null) into.push(emitted);
    waiting.isNew = false;
    return isDone;
  }

  /** Characters behind the first part. */
  #countWaiting(): number {
    let count = 0;
    for (const { part } of this.#waiting.slice(1))
      if (part.type !== 'logprobs') count += countCharacters(part);
    return count;
  }
}

/** Takes what was released of a channel up to an offset. A piece that was changed is taken as a whole. */
function takeUpTo(channel: Channel, end: number): string {
  let text = '';
  const { released } = channel;
  for (let piece = released[0]; piece !== undefined && channel.emitted < end; piece = released[0]) {
    const isSplit = piece.end > end && !piece.isChanged;
    const taken = isSplit ? piece.text.slice(0, end - channel.emitted) : piece.text;
    text += taken;
    channel.emitted = isSplit ? end : piece.end;
    if (isSplit) released[0] = { ...piece, text: piece.text.slice(taken.length) };
    else released.shift();
  }
  return text;
}

function countCharacters(part: ProviderPart): number {
  if (part.type === 'tool-call') return part.argumentsDelta.length + JSON.stringify(part.own ?? '').length;
  if (part.type === 'audio') return part.transcript?.length ?? 0;
  return 'text' in part ? part.text.length : JSON.stringify(part).length;
}

/** The part with another text; null: nothing is left to emit of it. What it has beside its text is emitted once. */
function withText(part: ProviderPart, text: string, isFirst: boolean): ProviderPart | null {
  const isNothing = text === '';
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return isNothing ? null : { ...part, text };
    case 'tool-call': {
      const { id, name, own, ...rest } = part;
      const hasMore = id !== undefined || name !== undefined || own !== undefined;
      if (isFirst && (hasMore || part.argumentsDelta === '')) return { ...part, argumentsDelta: text };
      return isNothing ? null : { ...rest, argumentsDelta: text };
    }
    case 'audio': {
      if (isFirst) {
        const { transcript: _, ...rest } = part;
        return isNothing ? rest : { ...rest, transcript: text };
      }
      return isNothing ? null : { type: 'audio', transcript: text };
    }
    default:
      return part;
  }
}
