import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLines } from './event-lines.ts';

function read(pieces: readonly Uint8Array[]): string[] {
  const lines = new EventLines();
  return [...pieces.flatMap((piece) => [...lines.push(piece)]), ...lines.end()];
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('event lines', () => {
  it('finds the data of events among comments, names, ids and blank lines', () => {
    const text =
      ': hello\n\nevent: x\nid: 1\ndata: {"a":1}\n\n\ndata:tight\n\ndata: one\ndata: two\n\nretry: 5\n\n';
    expect(read([bytes(text)])).toEqual(['{"a":1}', 'tight', 'one\ntwo']);
  });

  it('ends lines with LF or CRLF, and closes an event whose blank line never came', () => {
    expect(read([bytes('data: a\r\n\r\ndata: b\r\n')])).toEqual(['a', 'b']);
    expect(read([bytes('data: [DONE]')])).toEqual(['[DONE]']);
    expect(read([])).toEqual([]);
  });

  it('passes over a byte order mark', () => {
    expect(read([bytes('\ufeffdata: a\n\n')])).toEqual(['a']);
    expect(read([...bytes('\ufeffdata: a\n\n')].map((byte) => Uint8Array.of(byte)))).toEqual(['a']);
  });

  it('gives the same events however the bytes are cut', () => {
    const text = 'data: {"t":"grüße 🙂"}\n\n: ping\n\ndata: zwei\r\n\r\ndata: drei\ndata: vier\n\n';
    const whole = bytes(text);
    const expected = read([whole]);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const pieces = edges.slice(1).map((edge, at) => whole.subarray(edges[at], edge));
        expect(read(pieces)).toEqual(expected);
      }),
    );
  });

  it('refuses an event without end', () => {
    const lines = new EventLines();
    const block = bytes(`data: ${'x'.repeat(1024 * 1024)}`);
    expect(() => {
      for (let at = 0; at < 6; at++) lines.push(block);
    }).toThrow('does not define');
  });
});
