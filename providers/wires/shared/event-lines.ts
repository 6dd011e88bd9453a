import { malformed } from '../../translate/completeness.ts';

/** A longer event is no delta of any vendor's. */
const eventCharsMax = 4 * 1024 * 1024;

/** The data of an event that is named `error`. */
export class ErrorEvent {
  readonly data: string;

  constructor(data: string) {
    this.data = data;
  }
}

/** The output of a framing of a streamed answer: the data of an event, or an error. */
export type EventData = string | ErrorEvent;

/** Takes an answer's bytes apart into events. */
export interface EventFraming {
  /** The events that these bytes complete. */
  push(bytes: Uint8Array): readonly EventData[];
  /** At the end: what was not completed. */
  end(): readonly EventData[];
}

/**
 * The data of server-sent events (WHATWG HTML, 9.2.6) out of bytes in pieces of any size. Lines end with LF, CRLF or CR. Ids,
 * retries, comments and a byte order mark are passed over, and so are the names of events but for `error`.
 */
export class EventLines implements EventFraming {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string | null = null;
  #isError = false;
  /** The text so far ended with CR: an LF that follows belongs to it. */
  #endedWithCr = false;

  push(bytes: Uint8Array): readonly EventData[] {
    return this.pushText(this.#decoder.decode(bytes, { stream: true }));
  }

  pushText(given: string): readonly EventData[] {
    const text = given.includes('\r') || this.#endedWithCr ? this.#withLineFeeds(given) : given;
    if (text.includes('\n')) return this.#lines(this.#rest + text);
    this.#keep(this.#rest + text);
    return [];
  }

  /** An event without the closing blank line, as some servers send it, counts. */
  end(): readonly EventData[] {
    return this.#lines(`${this.#rest}${this.#decoder.decode()}\n\n`);
  }

  #withLineFeeds(given: string): string {
    if (given === '') return given;
    const text = this.#endedWithCr && given.startsWith('\n') ? given.slice(1) : given;
    this.#endedWithCr = text.endsWith('\r');
    return text.replace(/\r\n?/g, '\n');
  }

  #lines(text: string): readonly EventData[] {
    const events: EventData[] = [];
    let from = 0;
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      const line = text.slice(from, to);
      from = to + 1;
      if (line.startsWith('data:')) {
        const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
        this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
      } else if (line === '') {
        if (this.#data !== null) events.push(this.#isError ? new ErrorEvent(this.#data) : this.#data);
        this.#data = null;
        this.#isError = false;
      } else if (line.startsWith('event:')) this.#isError = line.slice(6).trim() === 'error';
      // Some proxies put the error that cut their answer behind it as it is.
      else if (line.startsWith('{"error"')) events.push(new ErrorEvent(line));
    }
    this.#keep(text.slice(from));
    return events;
  }

  /** The beginning of an incomplete line. */
  #keep(rest: string): void {
    this.#rest = rest;
    if (rest.length + (this.#data?.length ?? 0) > eventCharsMax) throw malformed();
  }
}
