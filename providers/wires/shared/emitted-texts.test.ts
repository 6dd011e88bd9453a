import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import type { ProviderPart } from '../../provider.ts';
import { EmittedTexts } from './emitted-texts.ts';

const kinds = ['text', 'reasoning', 'refusal'] as const;

describe('the texts of a stream', () => {
  it('are pieces of whole characters, wherever the server cuts them', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 });
    fc.assert(
      fc.property(text, text, fc.constantFrom(...kinds), fc.boolean(), (one, other, kind, isRepeated) => {
        const emitted = new EmittedTexts();
        const parts: ProviderPart[] = [];
        const whole = `${one}😀${other}`;
        for (const unit of whole.split('')) {
          emitted.emit(kind, unit, parts);
          emitted.emit(kind === 'text' ? 'reasoning' : 'text', 'x', parts);
        }
        if (isRepeated) emitted.emitRest(kind, whole, parts);
        const pieces = parts.flatMap((part) => (part.type === kind ? [part.text] : []));
        expect(pieces.join('')).toBe(whole);
        for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
      }),
    );
  });

  it('have what a half begins from the event that repeats the whole', () => {
    const emitted = new EmittedTexts();
    const parts: ProviderPart[] = [];
    emitted.emit('text', 'A\ud83d', parts);
    emitted.emitRest('text', 'A😀', parts);
    expect(parts).toEqual([
      { type: 'text', text: 'A' },
      { type: 'text', text: '😀' },
    ]);
  });
});
