import { malformed } from '../translate/completeness.ts';

/** A longer event is no delta of any vendor's. */
const eventCharsMax = 4 * 1024 * 1024;

/**
 * The data of server-sent events (WHATWG HTML, 9.2.6) out of bytes in pieces of any size. Events, ids, retries, comments
 * and a byte order mark are passed over. Lines end with LF or CRLF.
 */
export class EventLines {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string | null = null;

  /** The data of the events that these bytes complete. */
  push(bytes: Uint8Array): readonly string[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (text.includes('\n')) return this.#lines(this.#rest + text);
    this.#keep(this.#rest + text);
    return [];
  }

  /** At the end: an event whose closing blank line never came, as some servers leave it. */
  end(): readonly string[] {
    return this.#lines(`${this.#rest}${this.#decoder.decode()}\n\n`);
  }

  #lines(text: string): readonly string[] {
    const events: string[] = [];
    let from = 0;
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      const line = text.slice(from, text.charCodeAt(to - 1) === 13 && to > from ? to - 1 : to);
      from = to + 1;
      if (line === '') {
        if (this.#data !== null) events.push(this.#data);
        this.#data = null;
      } else if (line.startsWith('data:')) {
        const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
        this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
      }
    }
    this.#keep(text.slice(from));
    return events;
  }

  /** The beginning of a line whose end has not come. */
  #keep(rest: string): void {
    this.#rest = rest;
    if (rest.length + (this.#data?.length ?? 0) > eventCharsMax) throw malformed();
  }
}
