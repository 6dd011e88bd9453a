import { applyFindings } from '#guardrails/pipeline/edits.ts';
import { heldMsMax, type ReleaseWhen, TextWindow, type WindowGuards } from '#guardrails/pipeline/window.ts';
import { AnswerBuilder } from '#providers/answer-builder.ts';
import type { ProviderAnswer, ProviderPart } from '#providers/provider.ts';
import { AnswerLane, type Channel } from './answer-lane.ts';
import { fromAnswer, type GrowingText, toGrowing, toPartialAnswer } from './answer-parts.ts';
import { looksLikeJson, mapAnswerTexts } from './answer-texts.ts';
import { gatherTexts, replaceTexts } from './text-walks.ts';

type CallPart = ProviderPart & { readonly type: 'tool-call' };

/** Receives a part that may be shown; a promise is to be waited for. */
export type ShowPart = (part: ProviderPart) => Promise<void> | undefined;

export interface AnswerWindowOptions {
  readonly guards: WindowGuards;
  /** The text is to be JSON. */
  readonly isStructured: boolean;
  readonly show: ShowPart;
  /** Called once with what refuses the answer while no part of it comes. */
  readonly onRefused: (error: unknown) => void;
}

/**
 * An answer on its way to the client, part by part: what has come of each text goes through its window, and every part keeps its
 * place among the others. What is held longer than `heldMsMax` is released, but for the beginning of a placeholder.
 */
export class AnswerWindow {
  /** The answer as it was let out. */
  readonly released = new AnswerBuilder();
  readonly #options: AnswerWindowOptions;
  /** By the number of the alternative. */
  readonly #lanes = new Map<number, AnswerLane>();
  #timer: NodeJS.Timeout | undefined;
  /** What is under way: one release at a time. */
  #busy: Promise<void> | undefined;

  constructor(options: AnswerWindowOptions) {
    this.#options = options;
  }

  /** Takes the next part. Throws, or rejects with, GUARDRAIL_BLOCKED where a rule refuses the answer: nothing more of it is shown. */
  take(part: ProviderPart): Promise<void> | undefined {
    if (this.#busy !== undefined) return this.#busy.then(() => this.take(part));
    const lane = this.#findLane(part);
    const growing = toGrowing(part);
    const isBlank =
      growing?.kind === 'message' && growing.text.trim() === '' && !lane.channels.has(channelName(growing));
    if (growing !== null && !isBlank) return this.#grow(part, growing, lane);
    if (isBlank || part.type === 'logprobs' || part.type === 'alternative-finish' || part.type === 'audio') {
      lane.addWhole(part);
      return this.#showNext(lane);
    }
    return this.#whole(part, lane);
  }

  /** Lets out what is still held. */
  async finish(): Promise<void> {
    await this.#busy;
    clearTimeout(this.#timer);
    await this.#release('END');
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lanes.clear();
  }

  #findLane(part: ProviderPart): AnswerLane {
    const number = ('alternative' in part ? part.alternative : undefined) ?? 0;
    let lane = this.#lanes.get(number);
    if (lane === undefined) {
      lane = new AnswerLane();
      this.#lanes.set(number, lane);
    }
    return lane;
  }

  #grow(part: ProviderPart, growing: GrowingText, lane: AnswerLane): Promise<void> | undefined {
    const channel = this.#findChannel(growing, lane);
    const { window } = channel;
    window.add(growing.text);
    const isChecked = part.type === 'tool-call' && this.#isToBeChecked(part);
    const pieces = window.release('MORE');
    if (!(pieces instanceof Promise) && !isChecked) {
      lane.addText(part, channel);
      lane.addReleased(channel, pieces);
      return this.#showNext(lane);
    }
    return this.#exclusively(async () => {
      const [released, checked] = await Promise.all([pieces, isChecked ? this.#checkCall(part) : part]);
      lane.addText(checked, channel);
      lane.addReleased(channel, released);
      await this.#showNext(lane);
    });
  }

  #isToBeChecked({ id, name, own }: CallPart): boolean {
    if (own !== undefined) return true;
    return (id !== undefined || name !== undefined) && this.#options.guards.rules.rules.length > 0;
  }

  #findChannel({ text, kind, index, format, stages }: GrowingText, lane: AnswerLane): Channel {
    const name = channelName({ kind, index });
    let channel = lane.channels.get(name);
    if (channel === undefined) {
      const isJson =
        format === 'JSON' || (kind === 'message' && this.#options.isStructured && looksLikeJson(text));
      const place = {
        kind,
        role: 'assistant',
        format: isJson ? 'JSON' : 'TEXT',
        stages,
        isEditable: true,
      } as const;
      channel = { window: new TextWindow(place, this.#options.guards), released: [], emitted: 0 };
      lane.channels.set(name, channel);
    }
    return channel;
  }

  /** A part whose texts are all there. */
  #whole(part: ProviderPart, lane: AnswerLane): Promise<void> {
    return this.#exclusively(async () => {
      const answer = toPartialAnswer(part);
      if (answer === null) return;
      const guarded = await this.#guard(answer);
      lane.addWhole(fromAnswer(part, guarded));
      await this.#showNext(lane);
    });
  }

  /** The part with its further fields as they may be shown. The name and the id of a tool call cannot be changed, only refused. */
  async #checkCall(part: CallPart): Promise<CallPart> {
    const { id = '', name = '', own } = part;
    const call = { id, name, arguments: {}, ...(own === undefined ? {} : { own }) };
    const { toolCalls } = await this.#guard({ toolCalls: [call] });
    const guarded = toolCalls?.[0]?.own;
    return guarded === undefined ? part : { ...part, own: guarded };
  }

  async #guard(answer: Partial<ProviderAnswer>): Promise<Partial<ProviderAnswer>> {
    const { rules, masks, ownMasks } = this.#options.guards;
    const edits = new Map<number, string>();
    for (const [number, guarded] of gatherTexts((visit) => mapAnswerTexts(answer, visit)).entries()) {
      const span = { from: 0, to: guarded.text.length, base: 0 };
      const findings = await rules.look(rules.ofStages(guarded.stages), guarded, span);
      const [first] = findings;
      if (first === undefined) continue;
      const edited = guarded.isEditable ? applyFindings(guarded, findings, ownMasks) : null;
      if (edited === null) throw rules.refuse(first.by);
      edits.set(number, edited);
    }
    const edited = edits.size === 0 ? answer : mapAnswerTexts(answer, replaceTexts(edits));
    return mapAnswerTexts(edited, ({ text, format }) => masks.restore(text, format));
  }

  /** Shows what may be shown, and what is held then in a while. */
  #showNext(lane: AnswerLane): Promise<void> | undefined {
    const room = this.#show(lane);
    if (!lane.isEmpty) this.#schedule();
    return room;
  }

  #show(lane: AnswerLane): Promise<void> | undefined {
    const rooms: Promise<void>[] = [];
    for (const part of lane.take()) {
      this.released.add(part);
      const room = this.#options.show(part);
      if (room !== undefined) rooms.push(room);
    }
    return rooms.length === 0 ? undefined : Promise.all(rooms).then(() => undefined);
  }

  #schedule(): void {
    if (this.#timer === undefined) {
      // Cleared when the answer has ended.
      this.#timer = setTimeout(() => this.#onIdle(), heldMsMax);
      this.#timer.unref();
    } else this.#timer.refresh();
  }

  #onIdle(): void {
    if (this.#busy !== undefined) {
      this.#schedule();
      return;
    }
    // Any error: a refusal, or a defect, which both end the answer.
    this.#exclusively(() => this.#release('IDLE')).catch(this.#options.onRefused);
  }

  async #release(when: ReleaseWhen): Promise<void> {
    for (const lane of this.#lanes.values()) {
      for (const channel of lane.channels.values()) {
        lane.addReleased(channel, await channel.window.release(when));
      }
      await this.#show(lane);
    }
  }

  async #exclusively(task: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#busy = promise;
    try {
      await task();
    } finally {
      this.#busy = undefined;
      resolve();
    }
  }
}

function channelName({ kind, index }: Pick<GrowingText, 'kind' | 'index'>): string {
  return `${kind} ${index}`;
}
