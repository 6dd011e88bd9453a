import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { Masks } from './masks.ts';
import { placeholderCharsMax } from './placeholder.ts';

const exact = (name: string) => `⟨${name}⟩`;
const escaped = (name: string) => name.replaceAll('_', '\\_');

/** What AI models make of a placeholder. */
const forms: Readonly<Record<string, (name: string) => string>> = {
  'in escape sequences of JSON': (name) => `\\u27e8${name}\\u27E9`,
  'with backslashes': (name) => `⟨${escaped(name)}⟩`,
  'with two backslashes': (name) => `⟨${name.replaceAll('_', '\\\\_')}⟩`,
  'with spaces': (name) => `⟨ ${name} ⟩`,
  'with other spaces': (name) => `⟨\u00a0${name}  ⟩`,
  'in small letters': (name) => `⟨${name.toLowerCase()}⟩`,
  'in mixed letters': (name) => `⟨${name.slice(0, 1)}${name.slice(1).toLowerCase()}⟩`,
  'in brackets of Chinese': (name) => `\u3008${name}\u3009`,
  'in technical brackets': (name) => `\u2329${name}\u232a`,
  'in entities': (name) => `&lang;${name}&rang;`,
  'in angle brackets': (name) => `<${name}>`,
  'in angle brackets with spaces': (name) => `< ${name} >`,
  'in angle brackets with backslashes within': (name) => `<${escaped(name)}>`,
  'in angle brackets with backslashes': (name) => `\\<${escaped(name)}\\>`,
  'in entities of angle brackets': (name) => `&lt;${name}&gt;`,
  'in two of these at once': (name) => `\u3008 ${escaped(name.toLowerCase())}⟩`,
};

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

  it('escape values within JSON that has the backslashes of Markdown, and leave escaped backslashes', () => {
    const masks = new Masks([]);
    masks.choosePlaceholder('FULL_NAME', 'A "B"');
    const restore = (value: string) => JSON.parse(masks.restore(JSON.stringify(value), 'JSON'));
    expect(restore('To ⟨FULL\\_NAME\\_1⟩ and \\<FULL_NAME_1\\>.')).toBe('To A "B" and A "B".');
    expect(restore('C:\\⟨FULL_NAME_1⟩\\x')).toBe('C:\\A "B"\\x');
    expect(restore('\\u27e8FULL_NAME_1\\u27e9')).toBe('\\u27e8FULL_NAME_1\\u27e9');
  });

  it.each(Object.entries(forms))('return the value of a placeholder %s', (_, write) => {
    const masks = new Masks([]);
    masks.choosePlaceholder('CREDIT_CARD', '4111');
    masks.choosePlaceholder('EMAIL', 'ann@x.test');
    for (const [name, value] of masks.entries()) {
      expect(masks.restore(`Is **${write(name)}**, "${write(name)}"?`)).toBe(`Is **${value}**, "${value}"?`);
      // A client that typed it so has it back so.
      const typed = new Masks(['Hello', `Write ${write(name)} as it is`]);
      typed.choosePlaceholder('CREDIT_CARD', '4111');
      typed.choosePlaceholder('EMAIL', 'ann@x.test');
      expect(typed.entries().map(([taken]) => taken)).not.toContain(name);
      expect(typed.restore(`Is ${write(name)}?`)).toBe(`Is ${write(name)}?`);
    }
  });

  it.each([
    ...['EMAIL_1', '[EMAIL_1]', '{{EMAIL_1}}', '(EMAIL_1)', '⟨EMAIL⟩', '<EMAIL>', '⟨EMAIL 1⟩', '⟨MAIL_1⟩'],
    ...['⟨EMAIL_10⟩', '⟨EMAIL_01⟩', '⟨MY_EMAIL_1⟩', '⟨EMAIL_1', 'EMAIL_1⟩', '⟨EMAIL\n_1⟩', '⟨\nEMAIL_1⟩'],
    ...[
      '<email_1>',
      '</EMAIL_1>',
      '<EMAIL_1/>',
      '<EMAIL_1 x="y">',
      '&lt;email_1&gt;',
      '⟨EMAIL_1>',
      '<EMAIL_1⟩',
    ],
    ...['⟨   EMAIL_1⟩', '\\\\u27e8EMAIL_1\\\\u27e9', '<EMAIL_1\\>'],
  ])('return no value for %j', (written) => {
    const masks = new Masks([]);
    masks.choosePlaceholder('EMAIL', 'ann@x.test');
    expect(masks.restore(`a ${written} b`)).toBe(`a ${written} b`);
  });

  it('leave what stands around a placeholder', () => {
    const masks = new Masks([]);
    masks.choosePlaceholder('EMAIL', 'ann@x.test');
    for (const [before, after] of [
      ['C:\\', '\\docs'],
      ['Ann <', '>'],
      ['&lt;', '&gt;'],
      ['⟨', '⟩'],
      ['\\\\', ''],
    ]) {
      expect(masks.restore(`${before}⟨EMAIL_1⟩${after}`)).toBe(`${before}ann@x.test${after}`);
    }
    expect(masks.restore('C:\\<EMAIL_1>')).toBe('C:\\ann@x.test');
  });

  it('hold back the beginning of a placeholder of theirs, wherever a text is cut, and nothing else', () => {
    const masks = new Masks([]);
    const value = '4111';
    masks.choosePlaceholder('CREDIT_CARD', value);
    for (const write of Object.values(forms)) {
      const text = `Dear ${write('CREDIT_CARD_1')}, hello`;
      for (let cut = 0; cut <= text.length; cut++) {
        const from = masks.heldFrom(text.slice(0, cut));
        expect(cut - from).toBeLessThanOrEqual(placeholderCharsMax);
        expect(masks.restore(text.slice(0, from)) + masks.restore(text.slice(from))).toBe(
          `Dear ${value}, hello`,
        );
      }
      const end = text.indexOf(',');
      for (const whole of [text, text.slice(0, end)]) expect(masks.heldFrom(whole)).toBe(whole.length);
    }
    for (const other of [
      '⟨E',
      '⟨CREDIT_CARDS',
      '⟨CREDIT_CARD_2',
      '<cre',
      '<div',
      '&amp',
      '\\n',
      '<!',
      '⟨CREDIT C',
    ]) {
      expect(masks.heldFrom(other), other).toBe(other.length);
    }
    for (const begun of [
      '<',
      '< ',
      '⟨',
      '\\',
      '\\\\',
      '\\<',
      '&',
      '&l',
      '&lang',
      '\\u27',
      '⟨c',
      '<C',
      '⟨CREDIT\\',
      '⟨CREDIT_CARD_1 ',
    ]) {
      expect(masks.heldFrom(`x${begun}`), begun).toBe(1);
    }
    expect(new Masks([]).heldFrom('⟨CREDIT')).toBe('⟨CREDIT'.length);
  });

  it('hold back no more than their longest beginning, whatever kind and escapes it has', () => {
    const masks = new Masks([]);
    const kind = `A${'_'.repeat(22)}B`;
    masks.choosePlaceholder(kind, 'x');
    const text = `&lang;  ${`${kind}_1`.replaceAll('_', '\\\\_')}  &rang;`;
    for (let cut = 1; cut < text.length; cut++) expect(masks.heldFrom(text.slice(0, cut))).toBe(0);
    expect(text.length).toBeLessThanOrEqual(placeholderCharsMax);
    expect(masks.restore(text)).toBe('x');
  });

  it('restore any text that was masked, in any pieces, in whatever form each placeholder comes back', () => {
    const plains = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom(
            '\\',
            '<',
            '>',
            '&',
            '&lt;',
            '&lang',
            ';',
            '⟨',
            '⟩',
            ' ',
            'V_1',
            'v',
            '_',
            '\\u27e8',
          ),
        )
        .map((all) => all.join('')),
    );
    const writes = fc.constantFrom(exact, ...Object.values(forms));
    const values = fc.constantFrom('a@x.test', '<b>', '"c\\', '⟨V_9⟩');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(plains, values, writes), { maxLength: 6 }),
        fc.array(fc.nat()),
        (all, cuts) => {
          const texts = all.map(([plain]) => plain);
          const masks = new Masks(texts);
          const names = all.map(([, value]) => masks.choosePlaceholder('V', value).slice(1, -1));
          const answer = all.map(([plain, , write], at) => `${plain} ${write(names[at] ?? '')} `).join('');
          const whole = masks.restore(answer);
          // Exactly as they were sent, all come back, and nothing else changes.
          const sent = all.map(([plain], at) => `${plain}${exact(names[at] ?? '')}`).join('');
          expect(masks.restore(sent)).toBe(all.map(([plain, value]) => plain + value).join(''));
          expect(whole).not.toMatch(new RegExp(`⟨(?:${names.join('|') || 'none'})⟩`));
          let [out, held] = ['', ''];
          for (const piece of cutText(answer, cuts)) {
            held += piece;
            const from = masks.heldFrom(held);
            out += masks.restore(held.slice(0, from));
            held = held.slice(from);
          }
          expect(out + masks.restore(held)).toBe(whole);
        },
      ),
    );
  });
});

function cutText(text: string, cuts: readonly number[]): readonly string[] {
  const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return at.slice(1).map((end, number) => text.slice(at[number], end));
}
