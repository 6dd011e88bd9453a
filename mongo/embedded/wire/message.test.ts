import { describe, expect, it } from 'vitest';
import { decodeDocument } from '../bson/decode.ts';
import { encodeDocument } from '../bson/encode.ts';
import { type Doc, doc, int32 } from '../bson/values.ts';
import { crc32c } from './crc32c.ts';
import { encodeCursorReply } from './cursor-reply.ts';
import { ProtocolViolation } from './framing.ts';
import { encodeReply, parseMessage } from './message.ts';
import { encodeRequest } from './message-testing.ts';

function opMsg(flags: number, ...sections: Uint8Array[]): Buffer {
  const body = Buffer.concat(sections);
  const head = Buffer.alloc(20);
  head.writeInt32LE(20 + body.length, 0);
  head.writeInt32LE(7, 4);
  head.writeInt32LE(2013, 12);
  head.writeUInt32LE(flags, 16);
  return Buffer.concat([head, body]);
}

const kind0 = (document: Doc): Buffer => Buffer.concat([Buffer.of(0), encodeDocument(document)]);

function kind1(name: string, documents: Doc[]): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((one) => encodeDocument(one))]);
  const size = Buffer.alloc(4);
  size.writeInt32LE(4 + content.length, 0);
  return Buffer.concat([Buffer.of(1), size, content]);
}

describe('parseMessage', () => {
  it('reads a body and document sequences in either order', () => {
    const body = doc({ insert: 'c', $db: 'd' });
    const documents = [doc({ a: 1 }), doc({ a: 2 })];
    for (const message of [
      opMsg(0, kind0(body), kind1('documents', documents)),
      opMsg(0, kind1('documents', documents), kind0(body)),
    ]) {
      const parsed = parseMessage(message);
      expect(parsed.body).toEqual(body);
      expect(parsed.sequences.get('documents')?.map((bytes) => decodeDocument(bytes))).toEqual(documents);
      expect(parsed.silent).toBe(false);
      expect(parsed.requestId).toBe(7);
    }
  });

  it('knows a request that waits for no answer', () => {
    expect(parseMessage(opMsg(2, kind0(doc({ ping: 1 })))).silent).toBe(true);
  });

  it('checks a checksum when there is one', () => {
    const unsigned = opMsg(1, kind0(doc({ ping: 1 })), Buffer.alloc(4));
    unsigned.writeUInt32LE(crc32c(unsigned.subarray(0, -4)), unsigned.length - 4);
    expect(parseMessage(unsigned).body).toEqual(doc({ ping: 1 }));
    unsigned[unsigned.length - 1]! ^= 1;
    expect(() => parseMessage(unsigned)).toThrow(ProtocolViolation);
  });

  it('has the CRC-32C that its published test vector has', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('closes on unknown opcodes, compression and required flags that it does not know', () => {
    const compressed = opMsg(0, kind0(doc({ ping: 1 })));
    compressed.writeInt32LE(2012, 12);
    expect(() => parseMessage(compressed)).toThrow(/not negotiated/);
    const unknown = opMsg(0, kind0(doc({ ping: 1 })));
    unknown.writeInt32LE(4711, 12);
    expect(() => parseMessage(unknown)).toThrow(/unknown opcode/);
    expect(() => parseMessage(opMsg(1 << 5, kind0(doc({ ping: 1 }))))).toThrow(ProtocolViolation);
  });

  it('answers what it can read but not accept: no body, two bodies, the same sequence twice', () => {
    const ping = kind0(doc({ ping: 1 }));
    expect(() => parseMessage(opMsg(0, kind1('documents', [doc({})])))).toThrow(/must have a body/);
    expect(() => parseMessage(opMsg(0, ping, ping))).toThrow(/Multiple body/);
    expect(() => parseMessage(opMsg(0, ping, kind1('a', []), kind1('a', [])))).toThrow(/Duplicate/);
  });

  it('never reads past the message when a length inside lies', () => {
    const sequence = kind1('documents', [doc({ a: 1 })]);
    sequence.writeInt32LE(10_000, 1);
    expect(() => parseMessage(opMsg(0, kind0(doc({ ping: 1 })), sequence))).toThrow(ProtocolViolation);
  });
});

it('takes no documents twice: in two sequences, or in the body and in a sequence', () => {
  const documents = kind1('documents', [doc({ a: 1 })]);
  const body = doc({ insert: 'c', $db: 'd' });
  expect(() => parseMessage(opMsg(0, kind0(body), documents, documents))).toThrow('Duplicate');
  const both = kind0(new Map(body).set('documents', [doc({ a: 2 })]));
  expect(() => parseMessage(opMsg(0, both, documents))).toThrow('Duplicate');
});

it('answers with the id of the request, in the form that the request had', () => {
  const answer = encodeReply({ requestId: 42, legacy: undefined }, encodeDocument(doc({ ok: 1 })));
  expect(answer.readInt32LE(8)).toBe(42);
  expect(parseMessage(answer).body).toEqual(doc({ ok: 1 }));
  const legacy = encodeReply({ requestId: 42, legacy: 'admin.$cmd' }, encodeDocument(doc({ ok: 1 })));
  expect(legacy.readInt32LE(12)).toBe(1);
  expect(decodeDocument(legacy.subarray(36))).toEqual(doc({ ok: 1 }));
  expect(parseMessage(encodeRequest(9, doc({ ping: 1 }))).requestId).toBe(9);
});

it('writes a cursor answer that is the BSON of the same document, for any number of documents', () => {
  for (const count of [0, 1, 9, 10, 11, 101, 1100]) {
    const documents = Array.from({ length: count }, (_, n) => doc({ _id: int32(n), t: 'é'.repeat(n % 5) }));
    const bytes = encodeCursorReply(
      'nextBatch',
      documents.map((one) => encodeDocument(one)),
      5n,
      'd.cü',
    );
    const wanted = doc({ cursor: doc({ nextBatch: documents, id: 5n, ns: 'd.cü' }) });
    expect(bytes.equals(encodeDocument(wanted))).toBe(true);
  }
});
