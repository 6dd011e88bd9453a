import { describe, expect, it } from 'vitest';
import type { TextSpan } from '#core/text/text-span.ts';
import { fc } from '#test/support/properties.ts';
import { putPieces } from './edits.ts';
import { findWithin, moveSpans } from './shown-texts.ts';

/** Places of a text that do not overlap, in their order. */
const places = fc
  .uniqueArray(fc.nat(40), { maxLength: 12 })
  .map((offsets) => offsets.toSorted((a, b) => a - b))
  .map((offsets) =>
    offsets.flatMap((start, at): readonly TextSpan[] => {
      const end = offsets[at + 1];
      return end === undefined || at % 2 === 1 ? [] : [{ start, end }];
    }),
  );

describe('spans of an edited text', () => {
  it('hold what stood in them and what was put within them, and nothing of what stood around them', () => {
    const puts = fc.array(fc.constantFrom('', '#', '####'), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(places, places, puts, (spans, edited, put) => {
        // Of each character its place is known.
        const text = String.fromCodePoint(...Array.from({ length: 45 }, (_, at) => 0x4e00 + at));
        const edits = edited.map((place, at) => ({ ...place, put: put[at] ?? '' }));
        const expected = spans
          .map((span) => {
            const inside = edits
              .filter(({ start, end }) => start < span.end && end > span.start)
              .map((edit) => ({
                ...edit,
                start: Math.max(edit.start, span.start) - span.start,
                end: Math.min(edit.end, span.end) - span.start,
                put: edit.start >= span.start && edit.end <= span.end ? edit.put : '',
              }));
            return putPieces(text.slice(span.start, span.end), inside);
          })
          .filter((piece) => piece !== '');
        const after = putPieces(text, edits);
        expect(moveSpans(spans, edits).map(({ start, end }) => after.slice(start, end))).toEqual(expected);
      }),
    );
  });
});

describe('findings within spans', () => {
  it('are those that stand in one of them as a whole', () => {
    const findings = fc.array(
      fc
        .tuple(fc.nat(40), fc.integer({ min: 1, max: 6 }))
        .map(([start, length]) => ({ start, end: start + length })),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(findings, places, (found, spans) => {
        const isWithin = (one: TextSpan) =>
          spans.some(({ start, end }) => start <= one.start && one.end <= end);
        expect(findWithin(found, spans)).toEqual(
          found.filter(isWithin).toSorted((a, b) => a.start - b.start),
        );
      }),
    );
  });
});
