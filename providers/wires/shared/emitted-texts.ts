import type { ProviderPart } from '../../provider.ts';

type Kind = 'text' | 'reasoning' | 'refusal';

/** What a stream has emitted so far, for the event at its end that repeats the whole. */
export class EmittedTexts {
  #text = '';
  #reasoning = '';
  #refusal = '';

  /** The reasoning so far. */
  get reasoning(): string {
    return this.#reasoning;
  }

  emit(type: Kind, received: unknown, into: ProviderPart[]): void {
    if (typeof received !== 'string' || received === '') return;
    if (type === 'text') this.#text += received;
    else if (type === 'reasoning') this.#reasoning += received;
    else this.#refusal += received;
    into.push({ type, text: received });
  }

  /** Emits what of the whole has not been emitted: all of it, its tail, or nothing where the two differ. */
  emitRest(type: Kind, whole: string, into: ProviderPart[]): void {
    const emitted = { text: this.#text, reasoning: this.#reasoning, refusal: this.#refusal }[type];
    if (whole.length > emitted.length && whole.startsWith(emitted))
      this.emit(type, whole.slice(emitted.length), into);
  }
}
