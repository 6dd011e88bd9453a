import type { ProviderPart } from '../../provider.ts';

type Kind = 'text' | 'reasoning' | 'refusal';

/** What a stream has emitted so far, for the event at its end that repeats the whole. */
export class EmittedTexts {
  #text = '';
  #reasoning = '';
  #refusal = '';
  /** By kind: the first half of a character, whose second half comes with the next piece. */
  readonly #halves = new Map<Kind, string>();

  /** The reasoning so far. */
  get reasoning(): string {
    return this.#reasoning;
  }

  emit(type: Kind, received: unknown, into: ProviderPart[]): void {
    if (typeof received !== 'string' || received === '') return;
    const text = this.#toWholeCharacters(type, received);
    if (text === '') return;
    if (type === 'text') this.#text += text;
    else if (type === 'reasoning') this.#reasoning += text;
    else this.#refusal += text;
    into.push({ type, text });
  }

  /** Some servers cut texts between the halves of a character: not every client can join them. */
  #toWholeCharacters(type: Kind, received: string): string {
    const isCut = (received.charCodeAt(received.length - 1) & 0xfc00) === 0xd800;
    if (!isCut && this.#halves.size === 0) return received;
    const text = (this.#halves.get(type) ?? '') + received;
    this.#halves.delete(type);
    if (!isCut) return text;
    this.#halves.set(type, text.slice(-1));
    return text.slice(0, -1);
  }

  /** Emits what of the whole has not been emitted: all of it, its tail, or nothing where the two differ. */
  emitRest(type: Kind, whole: string, into: ProviderPart[]): void {
    const emitted = { text: this.#text, reasoning: this.#reasoning, refusal: this.#refusal }[type];
    if (whole.length > emitted.length && whole.startsWith(emitted)) {
      this.#halves.delete(type);
      this.emit(type, whole.slice(emitted.length), into);
    }
  }
}
