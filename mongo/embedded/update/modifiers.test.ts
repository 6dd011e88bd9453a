import { Decimal128, Double, Long } from 'bson';
import { describe, it } from 'vitest';
import { becomes, refusesUpdate } from './testing.ts';

describe('field operators', () => {
  it('$set makes missing parents and appends new fields by name', () => {
    becomes(
      { _id: 1, a: 1 },
      { $set: { z: 1, 'b.c.d': 2, a: 5 } },
      { _id: 1, a: 5, b: { c: { d: 2 } }, z: 1 },
    );
    becomes({ _id: 1, a: [1, 2] }, { $set: { 'a.3': 9 } }, { _id: 1, a: [1, 2, null, 9] });
    becomes({ _id: 1 }, { $set: { 'a.10': 1, 'a.9': 2 } }, { _id: 1, a: { 9: 2, 10: 1 } });
    becomes({ _id: 1, a: { b: 1 } }, { $set: { a: { b: 1 } } }, { _id: 1, a: { b: 1 } });
    becomes({ _id: 1, a: 1 }, { $set: { a: new Double(1) } }, { _id: 1, a: new Double(1) });
  });

  it('$set through a scalar is PathNotViable', () => {
    refusesUpdate({ _id: 1, a: 5 }, { $set: { 'a.b': 1 } }, 28);
    refusesUpdate({ _id: 1, a: [1] }, { $set: { 'a.b': 1 } }, 28);
    refusesUpdate({ _id: 1, a: null }, { $set: { 'a.b': 1 } }, 28);
  });

  it('$unset removes fields, and leaves null in an array', () => {
    becomes({ _id: 1, a: 1, b: { c: 1 } }, { $unset: { a: '', 'b.c': '', 'x.y': '' } }, { _id: 1, b: {} });
    becomes({ _id: 1, a: [1, 2] }, { $unset: { 'a.0': '' } }, { _id: 1, a: [null, 2] });
  });

  it('$inc keeps the wider type and grows int to long', () => {
    becomes({ _id: 1, a: 1 }, { $inc: { a: 2, b: 3 } }, { _id: 1, a: 3, b: 3 });
    becomes({ _id: 1, a: 2147483647 }, { $inc: { a: 1 } }, { _id: 1, a: Long.fromString('2147483648') });
    becomes({ _id: 1, a: Long.fromNumber(1) }, { $inc: { a: 1 } }, { _id: 1, a: Long.fromNumber(2) });
    becomes({ _id: 1, a: 1 }, { $inc: { a: 0.5 } }, { _id: 1, a: 1.5 });
    becomes(
      { _id: 1, a: 1 },
      { $inc: { a: Decimal128.fromString('0.10') } },
      { _id: 1, a: Decimal128.fromString('1.10') },
    );
    refusesUpdate({ _id: 1, a: Long.MAX_VALUE }, { $inc: { a: 1 } }, 2);
    refusesUpdate({ _id: 1, a: 'x' }, { $inc: { a: 1 } }, 14);
    refusesUpdate({ _id: 1, a: null }, { $inc: { a: 1 } }, 14);
    refusesUpdate({ _id: 1 }, { $inc: { a: 'x' } }, 14);
  });

  it('$min and $max compare across types', () => {
    becomes({ _id: 1, a: 5, b: 5 }, { $min: { a: 3, b: 7 } }, { _id: 1, a: 3, b: 5 });
    becomes({ _id: 1, a: 5 }, { $max: { a: 'text', b: 1 } }, { _id: 1, a: 'text', b: 1 });
    becomes({ _id: 1, a: 5 }, { $max: { a: new Double(5) } }, { _id: 1, a: 5 });
  });

  it('$rename moves a value and refuses arrays on the way', () => {
    becomes({ _id: 1, a: 1, c: 2 }, { $rename: { a: 'b.x' } }, { _id: 1, c: 2, b: { x: 1 } });
    becomes({ _id: 1, a: 1 }, { $rename: { nope: 'b' } }, { _id: 1, a: 1 });
    becomes({ _id: 1, a: 1, b: 2 }, { $rename: { a: 'b' } }, { _id: 1, b: 1 });
    refusesUpdate({ _id: 1, a: [{ b: 1 }] }, { $rename: { 'a.0.b': 'c' } }, 2);
    refusesUpdate({ _id: 1 }, { $rename: { a: 'a' } }, 2);
    refusesUpdate({ _id: 1 }, { $rename: { a: 'a.b' } }, 2);
  });

  it('$setOnInsert only applies to an insert', () => {
    becomes({ _id: 1 }, { $setOnInsert: { a: 1 }, $set: { b: 1 } }, { _id: 1, b: 1 });
    becomes({ _id: 1 }, { $setOnInsert: { a: 1 } }, { _id: 1, a: 1 }, { context: { isInsert: true } });
  });

  it('$currentDate writes dates and timestamps', () => {
    const context = { now: 5000n };
    becomes({ _id: 1 }, { $currentDate: { at: true } }, { _id: 1, at: new Date(5000) }, { context });
    refusesUpdate({ _id: 1 }, { $currentDate: { at: { $type: 'x' } } }, 2);
  });

  it('$bit and $mul are left to MongoDB', () => {
    refusesUpdate({ _id: 1, a: 13 }, { $bit: { a: { and: 10 } } }, 115);
    refusesUpdate({ _id: 1, a: 13 }, { $mul: { a: 2 } }, 115);
  });
});
