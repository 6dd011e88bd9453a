import { expect, it } from 'vitest';
import { doc } from '../bson/values.ts';
import { fc } from '../spec/properties.ts';
import { Framer, ProtocolViolation } from './framing.ts';
import { encodeRequest } from './message-testing.ts';

it('returns the messages that went in, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 5 }),
      (texts, cuts) => {
        const messages = texts.map((text, index) => encodeRequest(index, doc({ ping: text, $db: 'd' })));
        const stream = Buffer.concat(messages);
        const framer = new Framer();
        const got: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = cuts[turn % cuts.length]!;
          framer.push(stream.subarray(at, at + size));
          at += size;
          for (let next = framer.next(); next !== undefined; next = framer.next())
            got.push(Buffer.from(next));
        }
        expect(got).toEqual(messages);
        expect(framer.held).toBe(0);
      },
    ),
  );
});

it('keeps one piece for each thousand when a message drips in byte by byte', () => {
  const message = encodeRequest(1, doc({ ping: 'x'.repeat(20_000), $db: 'd' }));
  const framer = new Framer();
  for (const byte of message.subarray(0, -1)) framer.push(Buffer.of(byte));
  expect(framer.next()).toBeUndefined();
  framer.push(message.subarray(-1));
  expect(framer.next()).toEqual(message);
});

it('refuses a length beyond the limits before the message has come', () => {
  for (const length of [-1, 15, 48_000_001]) {
    const framer = new Framer();
    const header = Buffer.alloc(16);
    header.writeInt32LE(length, 0);
    framer.push(header);
    expect(() => framer.next()).toThrow(ProtocolViolation);
  }
});
