import type { ProviderPart } from '../../provider.ts';

type Kind = 'text' | 'reasoning';

/** What a stream has told so far, for the event at its end that tells the whole again. */
export class ToldTexts {
  #text = '';
  #reasoning = '';

  tell(type: Kind, said: unknown, into: ProviderPart[]): void {
    if (typeof said !== 'string' || said === '') return;
    if (type === 'text') this.#text += said;
    else this.#reasoning += said;
    into.push({ type, text: said });
  }

  /** Tells what of the whole has not been told: all of it, its tail, or nothing where the two differ. */
  tellRest(type: Kind, whole: string, into: ProviderPart[]): void {
    const told = type === 'text' ? this.#text : this.#reasoning;
    if (whole.length > told.length && whole.startsWith(told)) this.tell(type, whole.slice(told.length), into);
  }
}
