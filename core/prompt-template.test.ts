import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { HeddleError } from './errors.ts';
import { parsePromptTemplate, parseTemplate } from './prompt-template.ts';

function refusal(run: () => unknown): { code: string; message: string; extensions: object } {
  try {
    run();
  } catch (error) {
    if (error instanceof HeddleError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

describe('prompt template', () => {
  it('names its variables once each, in order', () => {
    expect(parseTemplate('{{b}} and {{ a }} and {{b}}').variables).toEqual(['b', 'a']);
    expect(parseTemplate('no variable, {single} braces').variables).toEqual([]);
  });

  it('puts text in as it is and everything else as JSON', () => {
    const template = parseTemplate('{{text}}|{{number}}|{{yes}}|{{list}}|{{object}}');
    expect(
      template.render({ text: 'a "b"', number: 1.5, yes: true, list: [1, 'x'], object: { a: null } }),
    ).toBe('a "b"|1.5|true|[1,"x"]|{"a":null}');
  });

  it('never expands what a value brought', () => {
    expect(parseTemplate('{{a}}{{b}}').render({ a: '{{b}}', b: 'x' })).toBe('{{b}}x');
  });

  it('keeps an empty text that was given, and refuses null', () => {
    expect(parseTemplate('<{{a}}>').render({ a: '' })).toBe('<>');
    expect(refusal(() => parseTemplate('<{{a}}>').render({ a: null })).message).toContain(
      'without a value: a',
    );
  });

  it('names every missing and every unknown variable', () => {
    const error = refusal(() => parseTemplate('{{a}}{{b}}{{c}}').render({ b: 1, x: 1, y: 1 }));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toBe(
      'Variables without a value: a, c. Variables that the prompt does not have: x, y.',
    );
    expect(error.extensions).toMatchObject({ missingVariables: ['a', 'c'], unknownVariables: ['x', 'y'] });
  });

  it('takes no value from the prototype chain', () => {
    expect(refusal(() => parseTemplate('{{constructor}}').render({})).message).toContain('constructor');
  });

  it('states line and column of a wrong variable', () => {
    expect(refusal(() => parseTemplate('a\nbc {{d')).message).toContain(
      'template, line 2, column 4: a {{ without',
    );
    expect(refusal(() => parseTemplate('{{ }}')).message).toContain('line 1, column 1: no name');
    expect(refusal(() => parseTemplate('{{a-b}}', 'system')).message).toContain(
      'system, line 1, column 1: "a-b"',
    );
    expect(refusal(() => parseTemplate(`{{${'a'.repeat(65)}}}`)).code).toBe('BAD_USER_INPUT');
  });

  it('writes plain braces for \\{{ and leaves }} alone', () => {
    expect(parseTemplate('\\{{a}} {"x":{"y":"{{b}}"}}').render({ b: 1 })).toBe('{{a}} {"x":{"y":"1"}}');
  });

  it('returns any text without braces, and any value between any texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, value, after) => {
        const plain = (text: string) => text.replaceAll(/[{}\\]/g, '');
        const text = parseTemplate(`${plain(before)}{{v}}${plain(after)}`).render({ v: value });
        expect(text).toBe(`${plain(before)}${value}${plain(after)}`);
      }),
    );
  });

  it('counts the variables of system and template together', () => {
    const prompt = parsePromptTemplate('You are {{role}}.', 'Say {{what}} as {{role}}.');
    expect(prompt.variables).toEqual(['role', 'what']);
    expect(prompt.render({ role: 'a cat', what: 'hi' })).toEqual({
      system: { text: 'You are a cat.', values: [{ start: 8, end: 13 }] },
      text: {
        text: 'Say hi as a cat.',
        values: [
          { start: 4, end: 6 },
          { start: 10, end: 15 },
        ],
      },
    });
    expect(parsePromptTemplate(null, 'x').render({})).toEqual({
      system: null,
      text: { text: 'x', values: [] },
    });
    expect(refusal(() => prompt.render({ role: 'x' })).message).toContain('what');
  });

  it('states where each value stands, as often as it does', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom({ name: 'a' }, { name: 'b' }));
    fc.assert(
      fc.property(fc.array(piece), fc.jsonValue(), fc.string({ unit: 'binary' }), (pieces, a, b) => {
        fc.pre(a !== null);
        const written = (text: string) => text.replaceAll(/[{\\}]/g, '');
        const template = pieces.map((one) => (typeof one === 'string' ? written(one) : `{{${one.name}}}`));
        const names = pieces.flatMap((one) => (typeof one === 'string' ? [] : [one.name]));
        const given = { a, b };
        const named = new Set<string>(names);
        const stated = Object.fromEntries(Object.entries(given).filter(([name]) => named.has(name)));
        const { text, values } = parsePromptTemplate(null, template.join('')).render(stated).text;
        const expected = { a: typeof a === 'string' ? a : JSON.stringify(a), b };
        expect(values.map(({ start, end }) => text.slice(start, end))).toEqual(
          names.map((name) => expected[name]),
        );
      }),
    );
  });
});
