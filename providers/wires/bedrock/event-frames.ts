import { crc32 } from 'node:zlib';
import { malformed } from '../../translate/completeness.ts';
import { ErrorEvent, type EventData, type EventFraming } from '../shared/event-lines.ts';

/** Lengths of the whole and of its headers, and their checksum. */
const preludeBytes = 12;
const checksumBytes = 4;
/** A longer frame is no event of Converse's. */
const frameBytesMax = 4 * 1024 * 1024;
const frameBytesMin = preludeBytes + checksumBytes;

/** Bytes of a header's value by its type; null: a length of two bytes comes before it. */
const valueBytes: readonly (number | null)[] = [0, 0, 1, 2, 4, 8, null, null, 8, 16];
const textType = 7;

/** The headers of a frame that are texts. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const type = bytes.readUInt8(nameEnd);
    const fixed = valueBytes[type];
    if (fixed === undefined) throw malformed();
    const start = nameEnd + (fixed === null ? 3 : 1);
    const end = start + (fixed ?? bytes.readUInt16BE(nameEnd + 1));
    if (end > bytes.length) throw malformed();
    if (type === textType)
      headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', start, end));
    at = end;
  }
  return headers;
}

/** The event of a frame as JSON: its payload under its type; null for one that states nothing. */
function readFrame(frame: Buffer): EventData | null {
  const headersEnd = preludeBytes + frame.readUInt32BE(4);
  const payloadEnd = frame.length - checksumBytes;
  if (headersEnd > payloadEnd) throw malformed();
  if (crc32(frame.subarray(0, 8)) !== frame.readUInt32BE(8)) throw malformed();
  if (crc32(frame.subarray(0, payloadEnd)) !== frame.readUInt32BE(payloadEnd)) throw malformed();
  const headers = readHeaders(frame.subarray(preludeBytes, headersEnd));
  const payload = frame.toString('utf8', headersEnd, payloadEnd);
  const kind = headers.get(':message-type');
  if (kind === 'event') return `{${JSON.stringify(headers.get(':event-type') ?? '')}:${payload || '{}'}}`;
  if (kind === 'exception') {
    return new ErrorEvent(
      `{"type":${JSON.stringify(headers.get(':exception-type') ?? '')},"error":${payload || '{}'}}`,
    );
  }
  if (kind !== 'error') return null;
  const [type, message] = [headers.get(':error-code'), headers.get(':error-message')];
  return new ErrorEvent(JSON.stringify({ error: { type, message } }));
}

/** Events out of AWS's event stream: frames with headers, a payload of JSON and checksums, in bytes in pieces of any size. */
export class EventFrames implements EventFraming {
  /** Bytes of a frame that is not whole: joined when they are, so that small pieces cost no more than large ones. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** No frame is whole before. */
  #wantedBytes = preludeBytes;

  push(bytes: Uint8Array): readonly EventData[] {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.length > 0) this.#pieces.push(view);
    this.#bytes += view.length;
    return this.#bytes < this.#wantedBytes ? [] : this.#read();
  }

  #read(): readonly EventData[] {
    const [only] = this.#pieces;
    let rest = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
    const events: EventData[] = [];
    this.#wantedBytes = preludeBytes;
    try {
      while (rest.length >= preludeBytes) {
        const length = rest.readUInt32BE(0);
        if (length < frameBytesMin || length > frameBytesMax) throw malformed();
        this.#wantedBytes = length;
        if (rest.length < length) break;
        const event = readFrame(rest.subarray(0, length));
        if (event !== null) events.push(event);
        rest = rest.subarray(length);
        this.#wantedBytes = preludeBytes;
      }
    } catch (cause) {
      if (events.length === 0) throw malformed(cause);
      // What came before is emitted first: the rest fails with the next bytes, or at the end.
      this.#wantedBytes = 0;
    }
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    return events;
  }

  /** A frame that was cut states nothing. */
  end(): readonly EventData[] {
    return this.#bytes === 0 ? [] : this.#read();
  }
}
