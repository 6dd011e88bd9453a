import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, EJSON, serialize } from 'bson';
import { describe, expect, it } from 'vitest';
import { fc } from '../spec/properties.ts';
import { anyValue } from './arbitrary.ts';
import { decodeDocument, decodeFields, decodeWithin } from './decode.ts';
import { encodeDocument } from './encode.ts';
import { identicalValues } from './identical.ts';
import { DateTime, type Doc, doc, Int32, ObjectId, type Value } from './values.ts';

type Corpus = {
  description: string;
  valid?: { description: string; canonical_bson: string; degenerate_bson?: string }[];
  decodeErrors?: { description: string; bson: string }[];
};

const specs =
  process.env.MONGO_SPECS_DIR ?? join(import.meta.dirname, '../../../../shared/data/mongodb-specs');
const dir = join(specs, 'bson-corpus');

describe('BSON corpus of the MongoDB specifications', () => {
  if (!existsSync(dir)) {
    it('is absent here: set MONGO_SPECS_DIR to run it', () => expect(existsSync(dir)).toBe(false));
    return;
  }
  for (const file of readdirSync(dir)) {
    const corpus = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Corpus;
    it(`${file}: valid bytes survive, malformed bytes are refused`, () => {
      for (const test of corpus.valid ?? []) {
        const bytes = Buffer.from(test.canonical_bson, 'hex');
        expect(encodeDocument(decodeWithin(bytes)).toString('hex')).toBe(
          encodeDocument(decodeDocument(bytes)).toString('hex'),
        );
        expect(encodeDocument(decodeDocument(bytes)).toString('hex'), test.description).toBe(
          bytes.toString('hex'),
        );
        if (test.degenerate_bson === undefined) continue;
        const degenerate = decodeDocument(Buffer.from(test.degenerate_bson, 'hex'));
        expect(encodeDocument(degenerate).toString('hex'), test.description).toBe(bytes.toString('hex'));
      }
      for (const test of corpus.decodeErrors ?? []) {
        const decode = () => decodeDocument(Buffer.from(test.bson, 'hex'));
        expect(decode, test.description).toThrow(expect.objectContaining({ code: 22 }));
      }
    });
  }
});

describe('codec', () => {
  it('agrees with the bson package on what it wrote', () => {
    const source = {
      s: 'grüße 👋 and a text that is long enough not to be copied byte by byte',
      n: 1.5,
      i: 7,
      d: new Date(0),
      list: [1, 'two', null, { x: true }],
      nested: { a: { b: { c: -1 } } },
    };
    const bytes = serialize(source);
    expect(deserialize(encodeDocument(decodeDocument(bytes)))).toEqual(source);
    expect(encodeDocument(decodeWithin(bytes))).toEqual(encodeDocument(decodeDocument(bytes)));
    expect(EJSON.stringify(deserialize(encodeDocument(decodeDocument(bytes))))).toBe(EJSON.stringify(source));
  });

  it('keeps integer-like keys in their order', () => {
    const source: Doc = new Map<string, Value>([
      ['b', 1],
      ['2', 2],
      ['1', 3],
    ]);
    expect([...decodeDocument(encodeDocument(source)).keys()]).toEqual(['b', '2', '1']);
  });

  it('keeps dates over the whole int64 range', () => {
    for (const ms of [2n ** 63n - 1n, -(2n ** 63n), 0n]) {
      expect(decodeDocument(encodeDocument(doc({ at: new DateTime(ms) }))).get('at')).toEqual(
        new DateTime(ms),
      );
    }
  });

  it('decodes only the fields that are requested', () => {
    const bytes = encodeDocument(
      doc({
        a: new Int32(1),
        b: 'two',
        c: [1, 2],
        d: doc({ x: 1 }),
        _id: ObjectId.fromHex('0123456789abcdef01234567'),
      }),
    );
    expect(decodeFields(bytes, new Set(['b', 'd', 'none']))).toEqual(doc({ b: 'two', d: doc({ x: 1 }) }));
    expect((decodeFields(bytes, new Set(['_id'])).get('_id') as ObjectId).toHex()).toBe(
      '0123456789abcdef01234567',
    );
  });

  it('refuses documents nested deeper than 200 levels, in bytes and in values', () => {
    const nest = (depth: number): Doc => {
      let inner: Doc = new Map();
      for (let level = 1; level < depth; level++) inner = doc({ a: inner });
      return inner;
    };
    expect(decodeDocument(encodeDocument(nest(200)))).toEqual(nest(200));
    expect(() => encodeDocument(nest(201))).toThrow('nested deeper');
  });

  it('grows for a large document and shrinks again', () => {
    const big = doc({ text: 'é'.repeat(6_000_000), tail: new Int32(1) });
    expect(decodeDocument(encodeDocument(big)).get('tail')).toEqual(new Int32(1));
    expect(encodeDocument(doc({ a: true })).length).toBe(9);
  });

  it('never throws anything but InvalidBSON on mutated bytes', () => {
    const base = serialize({ a: [1, 'x', { b: new Date(5) }], s: 'text', n: 1.5, o: { p: null, q: /x/i } });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(base);
          for (const [index, byte] of changes) bytes[index] = byte;
          try {
            decodeDocument(bytes);
          } catch (error) {
            expect(error).toMatchObject({ code: 22 });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('returns every value, whole or by field, whatever stands before it', () => {
    const fields = fc.array(
      fc.tuple(
        fc.string({ maxLength: 8 }).filter((name) => !name.includes('\0')),
        anyValue,
      ),
    );
    fc.assert(
      fc.property(fields, (entries) => {
        const source: Doc = new Map(entries);
        const bytes = encodeDocument(source);
        expect(identicalValues(decodeDocument(bytes), source)).toBe(true);
        for (const [name, value] of source) {
          expect(identicalValues(decodeFields(bytes, new Set([name])).get(name), value)).toBe(true);
        }
        expect(decodeFields(bytes, new Set(['longer than any of them'])).size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
