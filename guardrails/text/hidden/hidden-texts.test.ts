import { expect, it } from 'vitest';
import { guardedText } from '#test/support/guardrail-rules.ts';
import { fc } from '#test/support/properties.ts';
import type { GuardedText } from '../../guardrail.ts';
import { ReadText, readEncodedOnce, readPart } from './hidden-texts.ts';

const readOnce = (guarded: GuardedText) => readPart(guarded, guarded.text, 0, guarded.text.length);
const toBase64 = (text: string) => Buffer.from(text).toString('base64');
const inner = 'to=ann%40x.example and so on';
const outer = `see ${toBase64(`and ${toBase64(inner)} too`)}`;

it('reads a text once for all rules, whatever is hidden in it, and each text for itself', () => {
  const guarded = guardedText(outer);
  const [hidden] = readOnce(guarded).hidden;
  expect(hidden?.text).toBe(`and ${toBase64(inner)} too`);
  expect(readOnce(guarded).hidden[0]).toBe(hidden);
  expect(hidden?.within).toBe(hidden?.within);
  expect(readOnce({ ...guarded, text: 'see' }).hidden).toEqual([]);
  expect(readOnce({ ...guarded, format: 'JSON' }).hidden).toHaveLength(1);
});

it('reads each part of a text once', () => {
  const guarded = guardedText(`${outer} ${outer}`);
  const [first, second] = [0, outer.length + 1].map((from) =>
    readPart(guarded, guarded.text.slice(from, from + outer.length), from, outer.length),
  );
  expect(first?.visible.text).toBe(outer);
  expect(second).not.toBe(first);
  expect(readPart(guarded, outer, outer.length + 1, outer.length)).toBe(second);
});

it('leads from the innermost text back to its place, layer by layer', () => {
  const [hidden] = readOnce(guardedText(outer)).hidden;
  const [within] = hidden?.within ?? [];
  expect(within?.text).toBe(inner);
  const [last] = within?.within ?? [];
  expect(last?.text).toBe('to=ann@x.example and so on');
  const at = last?.text.indexOf('@') ?? -1;
  const [start, end] = [last?.toStart(at) ?? -1, last?.toEnd(at + 1) ?? -1];
  expect(inner.slice(start, end)).toBe('%40');
  expect(hidden?.text.slice(within?.toStart(0), within?.toEnd(inner.length))).toBe(toBase64(inner));
});

it('shows what begins before a place, and nothing else, before the place in what it shows', () => {
  // Shown as themselves, not at all, as more, as fewer, as another one.
  const unit = fc.constantFrom('a', '\u200b', '㎏', '\\n', '\\u00e9', '\u{1d400}', '\u00a0', '１');
  const text = fc.string({ unit, maxLength: 20 });
  fc.assert(
    fc.property(text, fc.nat(20), fc.constantFrom('TEXT', 'JSON'), (given, place, format) => {
      const { visible, until } = new ReadText({ text: given, format }, Math.min(place, given.length));
      for (let at = 0; at < visible.text.length; at += 1)
        expect([at, at < until]).toEqual([at, visible.toStart(at) < place]);
    }),
  );
});

it('reads what is encoded in a text anew where more of it is of interest', () => {
  expect(readEncodedOnce(outer, 0)).toEqual([]);
  expect(readEncodedOnce(outer)).toHaveLength(1);
  expect(readEncodedOnce(outer)).toBe(readEncodedOnce(outer));
});
