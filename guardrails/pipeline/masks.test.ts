import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { Masks, placeholderCharsMax } from './masks.ts';

describe('masks', () => {
  it('give equal values of a kind one placeholder, and return each value', () => {
    const masks = new Masks([]);
    const sent = ['a@x.test', 'b@x.test', 'a@x.test'].map((value) => masks.choosePlaceholder('EMAIL', value));
    expect(sent).toEqual(['⟨EMAIL_1⟩', '⟨EMAIL_2⟩', '⟨EMAIL_1⟩']);
    expect(masks.choosePlaceholder('PHONE', 'a@x.test')).toBe('⟨PHONE_1⟩');
    expect(masks.restore('To ⟨EMAIL_2⟩, ⟨EMAIL_1⟩ and ⟨EMAIL_3⟩')).toBe(
      'To b@x.test, a@x.test and ⟨EMAIL_3⟩',
    );
    expect(masks.entries()).toContainEqual(['EMAIL_2', 'b@x.test']);
  });

  it('leave a placeholder that a client typed as it is', () => {
    const masks = new Masks(['What is ⟨EMAIL_1⟩?', '{"x":"\\u27e8EMAIL_2\\u27E9"}']);
    expect(masks.choosePlaceholder('EMAIL', 'a@x.test')).toBe('⟨EMAIL_3⟩');
    expect(masks.restore('⟨EMAIL_1⟩ ⟨EMAIL_2⟩ ⟨EMAIL_3⟩')).toBe('⟨EMAIL_1⟩ ⟨EMAIL_2⟩ a@x.test');
  });

  it('do not restore what stands in a value', () => {
    const masks = new Masks([]);
    masks.choosePlaceholder('EMAIL', 'a@x.test');
    masks.choosePlaceholder('NOTE', '⟨EMAIL_1⟩');
    expect(masks.restore('⟨NOTE_1⟩')).toBe('⟨EMAIL_1⟩');
  });

  it('escape values within JSON, and know brackets that are escaped', () => {
    const masks = new Masks([]);
    masks.choosePlaceholder('NAME', 'A "B" \\ C\n');
    for (const json of ['{"to":"⟨NAME_1⟩"}', '{"to":"\\u27e8NAME_1\\u27E9"}']) {
      expect(JSON.parse(masks.restore(json, 'JSON'))).toEqual({ to: 'A "B" \\ C\n' });
    }
  });

  it('hold back the beginning of a placeholder, wherever a text is cut, and nothing else', () => {
    const masks = new Masks([]);
    const value = 'a@x.test';
    masks.choosePlaceholder('CREDIT_CARD', value);
    for (const written of ['⟨CREDIT_CARD_1⟩', '\\u27e8CREDIT_CARD_1\\u27e9']) {
      const text = `Dear ${written}, hello`;
      for (let cut = 0; cut <= text.length; cut++) {
        const from = masks.heldFrom(text.slice(0, cut));
        expect(cut - from).toBeLessThanOrEqual(placeholderCharsMax);
        expect(masks.restore(text.slice(0, from)) + masks.restore(text.slice(from))).toBe(
          `Dear ${value}, hello`,
        );
      }
      expect(masks.heldFrom(text)).toBe(text.length);
    }
    expect(new Masks([]).heldFrom('⟨CREDIT')).toBe('⟨CREDIT'.length);
  });

  it('restore any text that was masked, in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), fc.nat(), (pieces, cutAt) => {
        const masks = new Masks(pieces.map(([plain]) => plain));
        const masked = pieces.map(([plain, value]) => plain + masks.choosePlaceholder('V', value)).join('');
        const cut = masked.length === 0 ? 0 : cutAt % masked.length;
        const from = masks.heldFrom(masked.slice(0, cut));
        const restored = masks.restore(masked.slice(0, from)) + masks.restore(masked.slice(from));
        expect(restored).toBe(pieces.map(([plain, value]) => plain + value).join(''));
      }),
    );
  });
});
