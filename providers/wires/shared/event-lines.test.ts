import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { ErrorEvent, type EventData, EventLines } from './event-lines.ts';

function read(pieces: readonly Uint8Array[]): EventData[] {
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

  it('ends lines with LF, CRLF or CR, and closes an event whose blank line never came', () => {
    expect(read([bytes('data: a\r\n\r\ndata: b\r\n')])).toEqual(['a', 'b']);
    expect(read([bytes('data: a\rdata: b\r\rdata: c\r\n\rdata: d\n\r')])).toEqual(['a\nb', 'c', 'd']);
    expect(read([bytes('data: [DONE]')])).toEqual(['[DONE]']);
    expect(read([])).toEqual([]);
  });

  it('passes over a byte order mark', () => {
    expect(read([bytes('\ufeffdata: a\n\n')])).toEqual(['a']);
    expect(read([...bytes('\ufeffdata: a\n\n')].map((byte) => Uint8Array.of(byte)))).toEqual(['a']);
  });

  it('distinguishes the data of events named error from others', () => {
    const text = 'event: error\ndata: words\n\ndata: a\n\nevent:error\ndata: b\nevent: x\n\n{"error":{}}\n\n';
    expect(read([bytes(text)])).toEqual([new ErrorEvent('words'), 'a', 'b', new ErrorEvent('{"error":{}}')]);
  });

  it.each(['\n', '\r\n', '\r'])(
    'reads the same events wherever the bytes are cut, with lines that end with %j',
    (end) => {
      const text =
        '\ufeff: ping\n\ndata: {"t":"grüße 🙂"}\n\ndata:zwei\n\ndata: drei\ndata: vier\n\nevent: error\ndata:  no\n\ndata: [DONE] \n\n';
      const whole = bytes(text.replaceAll('\n', end));
      const expected = ['{"t":"grüße 🙂"}', 'zwei', 'drei\nvier', new ErrorEvent(' no'), '[DONE] '];
      expect(read([whole])).toEqual(expected);
      expect(read([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
      for (let at = 0; at <= whole.length; at++) {
        expect(read([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected);
      }
      fc.assert(
        fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
          const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
          const pieces = edges.slice(1).map((edge, at) => whole.subarray(edges[at], edge));
          expect(read(pieces)).toEqual(expected);
        }),
      );
    },
  );

  it('reads the same events wherever any bytes of this alphabet are cut', () => {
    const letters = fc.constantFrom('\n', '\r', 'data:', ' ', 'a', 'ü', 'event: error', ':', '{"error"');
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 24 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        (text, cuts) => {
          const whole = bytes(text.join(''));
          const edges = [
            0,
            ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b),
            whole.length,
          ];
          const pieces = edges.slice(1).map((edge, at) => whole.subarray(edges[at], edge));
          expect(read(pieces)).toEqual(read([whole]));
        },
      ),
      { numRuns: 2_000 },
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
