import type { AudioAnswer } from './audio.ts';
import type { ProviderPart } from './provider.ts';

type AudioPart = ProviderPart & { readonly type: 'audio' };

/**
 * A spoken answer, put together of its parts. The data of a part is base64 of its own, or a piece of one text in base64, cut
 * anywhere: four characters are three bytes, and what is left over waits for the next part.
 */
export class AudioBuilder {
  #id: string | null = null;
  readonly #data: Buffer[] = [];
  #rest = '';
  #transcript: string | null = null;
  #expiresAtMs: number | null = null;

  add({ id, data = '', transcript, expiresAtMs }: AudioPart): void {
    this.#id ??= id ?? null;
    this.#expiresAtMs = expiresAtMs ?? this.#expiresAtMs;
    if (transcript != null) this.#transcript = (this.#transcript ?? '') + transcript;
    if (data !== '') this.#decode(this.#rest + data);
  }

  build(): AudioAnswer {
    const data = Buffer.concat([...this.#data, Buffer.from(this.#rest, 'base64')]).toString('base64');
    return { id: this.#id, data, transcript: this.#transcript, expiresAtMs: this.#expiresAtMs };
  }

  #decode(text: string): void {
    const whole = text.endsWith('=') ? text.length : text.length - (text.length % 4);
    this.#data.push(Buffer.from(text.slice(0, whole), 'base64'));
    this.#rest = text.slice(whole);
  }
}
