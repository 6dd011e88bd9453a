import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { type GuardedText, guardrailStages, type RuleContext } from '../../guardrail.ts';
import { applyFindings } from '../../pipeline/edits.ts';
import { Masks } from '../../pipeline/masks.ts';
import { pii } from './pii.ts';

const context: RuleContext = {
  tenantId: 't',
  allowedRegions: null,
  endUserId: null,
  callTexts: () => [],
  signal: new AbortController().signal,
};

function guarded(text: string, format: GuardedText['format'] = 'TEXT'): GuardedText {
  return { text, kind: 'message', role: 'user', format, stages: guardrailStages, isEditable: true };
}

/** What the rule finds: the kind of each finding, and what stands at its place. */
async function find(text: string, options: object = {}): Promise<readonly string[]> {
  const result = await pii.prepare(options, {}).check([guarded(text)], context);
  return result.fired
    ? result.findings.map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`)
    : [];
}

const inBase64 = (text: string) => Buffer.from(text).toString('base64');

const inHex = (text: string) => Buffer.from(text).toString('hex');
const inTags = (text: string) =>
  Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
const mail = 'ann.lee@x.example';

const found: readonly (readonly [text: string, ...expected: readonly string[]])[] = [
  ['Mail jane.doe+x@acme.co.uk, please', 'EMAIL jane.doe+x@acme.co.uk'],
  ['josé@bücher.example und <a@b.museum>.', 'EMAIL josé@bücher.example', 'EMAIL a@b.museum'],
  [
    'ann.lee@example.com.pdf, "bob@mail.example.org.json"',
    'EMAIL ann.lee@example.com',
    'EMAIL bob@mail.example.org',
  ],
  ['请联系li@example.cn。谢谢', 'EMAIL li@example.cn'],
  [
    'Пишите на муж@пример.рф, νίκος@example.gr или аnn@x.com',
    'EMAIL муж@пример.рф',
    'EMAIL νίκος@example.gr',
    'EMAIL аnn@x.com',
  ],
  ['/join?mail=ann%40x.example&next=1', 'EMAIL ann%40x.example'],
  ['<a href="mailto:ann&#64;x.example">', 'EMAIL ann&#64;x.example'],
  ['ann&commat;x.example or ANN&#x40;X.example.', 'EMAIL ann&commat;x.example', 'EMAIL ANN&#x40;X.example'],
  ['&#97;&#110;&#110;&#64;&#120;&#46;&#101;&#117;', 'EMAIL &#97;&#110;&#110;&#64;&#120;&#46;&#101;&#117;'],
  ['"mail": "ann\\u0040x.example"', 'EMAIL ann\\u0040x.example'],
  ['tel=%2B4930901820&x', 'PHONE %2B4930901820'],
  ['"ann lee"@x.example, "o\\"b"@x.example', 'EMAIL "ann lee"@x.example', 'EMAIL "o\\"b"@x.example'],
  [String.raw`{"from":"\"ann lee\"@x.example"}`, String.raw`EMAIL "ann lee\"@x.example`],
  [
    'pay 4111.1111.1111.1111 or 3782.822463.10005',
    'CREDIT_CARD 4111.1111.1111.1111',
    'CREDIT_CARD 3782.822463.10005',
  ],
  [`token ${inBase64('ann.lee@x.example')}.`, `EMAIL ${inBase64('ann.lee@x.example')}`],
  [
    `{"a":"${inBase64('{"card":"4111111111111111"}')}"}`,
    `CREDIT_CARD ${inBase64('{"card":"4111111111111111"}').slice(12)}`,
  ],
  [`id=${inBase64('4111111111111111')}`, `CREDIT_CARD ${inBase64('4111111111111111')}`],
  [`x ${inHex('to: ann@x.example')}`, `EMAIL ${inHex('ann@x.example')}`],
  [`https://x.example/cb/${inBase64(mail)}?a=1`, `EMAIL ${inBase64(mail)}`],
  [`data:text/plain;base64,${inBase64(mail)}`, `EMAIL ${inBase64(mail)}`],
  [`cb=a_${Buffer.from(mail).toString('base64url')}`, `EMAIL ${Buffer.from(mail).toString('base64url')}`],
  [inBase64(inBase64(mail)), `EMAIL ${inBase64(inBase64(mail))}`],
  [`a=${inBase64('q=ann.lee%40x.example')}`, `EMAIL ${inBase64('q=ann.lee%40x.example')}`],
  [`a=${encodeURIComponent(inBase64(mail))}&b`, `EMAIL ${encodeURIComponent(inBase64(mail))}`],
  ['/join?to=/a%3Fmail%3Dann%2540x.example', 'EMAIL ann%2540x.example'],
  ['/pay?q=%7B%22card%22%3A%224111111111111111%22%7D', 'CREDIT_CARD 4111111111111111'],
  ['card 4111%201111%201111%201111.', 'CREDIT_CARD 4111%201111%201111%201111'],
  [`a ${inTags(`to ${mail}`)}.`, `EMAIL ${inTags(mail)}`],
  ['Call +49 30 901820 or (415) 555-2671', 'PHONE +49 30 901820', 'PHONE (415) 555-2671'],
  ['415-555-2671 415.555.2671', 'PHONE 415-555-2671', 'PHONE 415.555.2671'],
  ['Tél. : 01 42 68 53 00', 'PHONE 01 42 68 53 00'],
  ['電話03-3224-9999まで', 'PHONE 03-3224-9999'],
  ['tel:+4930901820', 'PHONE +4930901820'],
  ['+49 30 901820x12, 415-555-2671 ext. 12', 'PHONE +49 30 901820x12', 'PHONE 415-555-2671 ext. 12'],
  [
    'tel 22 33 34 44, tel 030.901820, tel 030/901820',
    'PHONE 22 33 34 44',
    'PHONE 030.901820',
    'PHONE 030/901820',
  ],
  ['+1 415 555 2671 999 of them', 'PHONE +1 415 555 2671'],
  ['tel 030 901820, room 030 901820', 'PHONE 030 901820'],
  ['12345tel 030 901820', 'PHONE 030 901820'],
  ['080-5412-2482 and 010-2345-6789', 'PHONE 080-5412-2482', 'PHONE 010-2345-6789'],
  [
    '"card\\t4111111111111111\\r378282246310005"',
    'CREDIT_CARD 4111111111111111',
    'CREDIT_CARD 378282246310005',
  ],
  ['"Phone:\\n0586858501\\n+33 5 63 50 18 61"', 'PHONE 0586858501', 'PHONE +33 5 63 50 18 61'],
  ['+48 732 880 571-Office', 'PHONE +48 732 880 571'],
  ['They are not answering at 030 901820.', 'PHONE 030 901820'],
  ['My card 4222222222222, maestro 676770000005', 'CREDIT_CARD 4222222222222', 'CREDIT_CARD 676770000005'],
  ['pay 4111 1111 1111 1111, 12/27', 'CREDIT_CARD 4111 1111 1111 1111'],
  ['378282246310005 and 3782-822463-10005', 'CREDIT_CARD 378282246310005', 'CREDIT_CARD 3782-822463-10005'],
  ['カード4111111111111111です', 'CREDIT_CARD 4111111111111111'],
  ['IBAN DE89 3704 0044 0532 0130 00 bitte', 'IBAN DE89 3704 0044 0532 0130 00'],
  ['DE89-3704-0044-0532-0130-00 12', 'IBAN DE89-3704-0044-0532-0130-00'],
  ['IBAN DE89370400440532013000_1, DE89 37 04 0044 0532 0130 00, DE893704004405320130001'],
  ['visa 45391488034364'],
  ['SIN 536-22-8765', 'US_SSN 536-22-8765'],
  ['personnummer 198112189876', 'SE_PERSONNUMMER 198112189876'],
  ['gb82west12345698765432; NL91ABNA0417164300', 'IBAN gb82west12345698765432', 'IBAN NL91ABNA0417164300'],
  ['SSN 219-09-9998', 'US_SSN 219-09-9998'],
  ['"ssn":219099998', 'US_SSN 219099998'],
  ['NI no. AB 12 34 56 C and CE123456D', 'GB_NINO AB 12 34 56 C', 'GB_NINO CE123456D'],
  ['1 85 05 78 006 084 91', 'FR_NIR 1 85 05 78 006 084 91'],
  ['DNI 12345678Z y NIE X1234567L', 'ES_DNI 12345678Z', 'ES_NIE X1234567L'],
  ['RSSMRA85T10A562S', 'IT_FISCAL_CODE RSSMRA85T10A562S'],
  ['PESEL: 44051401359', 'PL_PESEL 44051401359'],
  ['131052-308T', 'FI_HETU 131052-308T'],
  ['756.9217.0769.85', 'CH_AHV 756.9217.0769.85'],
  ['529.982.247-25 e CPF 52998224725', 'BR_CPF 529.982.247-25', 'BR_CPF 52998224725'],
  ['आधार 2345 6789 0124', 'IN_AADHAAR 2345 6789 0124'],
  ['身份证11010519491231002X', 'CN_RESIDENT_ID 11010519491231002X'],
  ['Reisepass Nr. C01X00T47', 'PASSPORT C01X00T47'],
  ['passport no. X01X00T47', 'PASSPORT X01X00T47'],
  ['passport 123456789, SSN 219099998', 'PASSPORT 123456789', 'US_SSN 219099998'],
  ['from 93.184.216.34:443', 'IP_ADDRESS 93.184.216.34'],
  [
    'at 2a00:1450:4001:81b:9d5e:7b1a:2c3d:200e or 2a00:1450:4001:81b:9d5e:7b1a:93.184.216.34',
    'IP_ADDRESS 2a00:1450:4001:81b:9d5e:7b1a:2c3d:200e',
    'IP_ADDRESS 2a00:1450:4001:81b:9d5e:7b1a:93.184.216.34',
  ],
  ['[2a00:1450:4001:81b::200e]', 'IP_ADDRESS 2a00:1450:4001:81b::200e'],
  ['peer 3A00:1450::200e', 'IP_ADDRESS 3A00:1450::200e'],
  ['She was born on March 12, 1980.', 'DATE_OF_BIRTH March 12, 1980'],
  ['geboren am 12.03.1980, née le 3 mars 1975', 'DATE_OF_BIRTH 12.03.1980', 'DATE_OF_BIRTH 3 mars 1975'],
  ['生年月日：1980年3月12日', 'DATE_OF_BIRTH 1980年3月12日'],
  ['dob=1980-03-12', 'DATE_OF_BIRTH 1980-03-12'],
];

const harmless: readonly string[] = [
  'logo@2x.png @media @scope/pkg react@19.3.1 git@github.com:a/b.git jquery@v3.min.js x@com.js',
  'ssh://deploy@host.test/x postgres://u:p@db.example/x',
  '550e8400-e29b-41d4-a716-446655440000',
  'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '4111111111111112 4111 1111 1111 1112 0.4111111111111111 1234567812345670',
  '1732874400000000 1732874400123456789 2026-11-29T10:06:00.123Z 12:30:45',
  'DE89 3704 0044 0532 0130 01 and GB00WEST12345698765432',
  '219-09-9998-1 x219-09-9998 000-12-3456 #219-09-9998',
  '44051401359 123456789 1234567890 12345678901',
  'Chrome/120.0.0.0 version 2.4.1.10 1.3.6.1.4.1.311 10.0.0.1 127.0.0.1 ::1 fe80::1',
  'Version 93.184.216.34, build=203.0.113.77, nginx/93.184.216.34',
  'std::vector a::before aa:bb:cc:dd:ee:ff 12:34:56',
  '12.03.1980 and March 12, 1980 and 2026-11-29',
  '123-456-7890 +0 123 456 +12 1e+10 a+491234567890',
  '$1,234,567.89 €12.345.678,90 1 234 567',
  'padding: 0 0 10px 20px; transform: translate(12.5px, 100%)',
  'C01X00T47 AB1234567',
  'money as Decimal text 0.0001234',
  'F-12 ISO 9001:2015 RFC 2606',
  'table_4111111111111111 passport _123456789',
  'order 4222222222222, item 676770000005',
  'Erika-Heuser-Ring 5906 12357',
  '012-345-6789 0800-12-34 2080-5412-2482',
  '/%40scope%2Fpkg@1.2.3 &#64;media &commat;app 100%40 git%40github.com:a/b.git a%40b logo%402x.png',
  '["ann","@x.example"] ["ann", 5, "@x.example"] {"a":true,"@x.example":1} {"a":"@x.example"}',
  '"Paris"@fr. "x"@en-US "" @x "a"@ "..."@x.example',
  '4111.1111.1111.1112 1234.5678.1234.5670 4.111.111.111.111.111 0.4111.1111.1111.1111',
  `${inBase64('Where do I find the address of ann?')} ${inBase64('version 1.2.3 of 2026-11-29')}`,
  inBase64(inBase64(inBase64(mail))),
  'ann%25252540x.example',
  'sig=Zm9v%2B4930901820x &plus;1 %2B1',
  'tel 22.10.2026, tel 22/10/2026, phone 22.333.444, phone 22 333 444, tel 0.30901820, tel 030 90.1820',
  'host 999.184.216.34, host 93.184.216.034, host 93.184.216.340, at 100.64.0.1 and 172.31.0.1',
];

describe('the rule pii', () => {
  it.each(found)('finds in %j %j', async (text, ...expected) => {
    expect(await find(text)).toEqual(expected);
  });

  it.each(harmless)('lets %j pass', async (text) => {
    expect(await find(text)).toEqual([]);
  });

  it('sees through invisible characters, wide digits and digits of other scripts', async () => {
    const card = '4111111111111111';
    const hidden = [...card].join('\u200b');
    const wide = card.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
    const arabic = card.replace(/\d/g, (digit) => String.fromCharCode(0x0660 + Number(digit)));
    const dashed = '4111\u20111111\u20111111\u20111111';
    for (const text of [hidden, wide, arabic, dashed]) {
      expect(await find(`رقم ${text} end`)).toEqual([`CREDIT_CARD ${text}`]);
    }
    expect(await find('jane\u200b@\u200bexample.com')).toEqual(['EMAIL jane\u200b@\u200bexample.com']);
  });

  it('keeps JSON as JSON, its escapes and its numbers too', async () => {
    const value = {
      'e-mail': 'first\njane@example.com\tx',
      card: 4111111111111111,
      n: [-5, 'tel: +4930901820'],
    };
    const text = guarded(JSON.stringify(value), 'JSON');
    const result = await pii.prepare({}, {}).check([text], context);
    const findings = result.fired ? result.findings.map((one) => ({ ...one, action: 'MASK' as const })) : [];
    expect(JSON.parse(applyFindings(text, findings, new Masks([])) ?? '')).toEqual({
      'e-mail': 'first\n⟨EMAIL_1⟩\tx',
      card: '⟨CREDIT_CARD_1⟩',
      n: [-5, 'tel: ⟨PHONE_1⟩'],
    });
  });

  it('lets hidden values pass that a policy allows, and looks for its kinds alone', async () => {
    const text = `ann%40x.example ${inBase64('ann.lee@x.example')} "ann"@x.example`;
    expect(await find(text, { allow: ['@X.example'] })).toEqual([]);
    expect(await find(text, { kinds: ['CREDIT_CARD', 'PHONE'] })).toEqual([]);
  });

  it('masks what encodes a value, and brings it back', async () => {
    const value = { mail: 'ann%40x.example', encoded: inBase64('Write to ann.lee@x.example today') };
    const text = guarded(JSON.stringify(value), 'JSON');
    const result = await pii.prepare({}, {}).check([text], context);
    const findings = result.fired ? result.findings.map((one) => ({ ...one, action: 'MASK' as const })) : [];
    const masks = new Masks([text.text]);
    const masked = applyFindings(text, findings, masks) ?? '';
    // Three bytes are four digits: the space goes with the address.
    const [before, after] = [inBase64('Write to '), inBase64('today')];
    expect(JSON.parse(masked)).toEqual({ mail: '⟨EMAIL_1⟩', encoded: `${before}⟨EMAIL_2⟩${after}` });
    expect(JSON.parse(masks.restore(masked, 'JSON'))).toEqual(value);
  });

  it('looks for the kinds, countries and networks that a policy states', async () => {
    expect(await find('a@b.example 10.1.2.93', { kinds: ['IP_ADDRESS'], privateIps: true })).toEqual([
      'IP_ADDRESS 10.1.2.93',
    ]);
    expect(await find('fe80::1ff:fe23:4567:890a', { privateIps: true })).toHaveLength(1);
    expect(await find('CPF 52998224725, PESEL 44051401359', { regions: ['PL'] })).toEqual([
      'PL_PESEL 44051401359',
    ]);
    expect(await find('030 901820')).toEqual([]);
    expect(await find('030 901820', { regions: ['DE'] })).toEqual(['PHONE 030 901820']);
    expect(await find('member 44051401359', { words: ['Member'] })).toEqual(['PL_PESEL 44051401359']);
  });

  it('lets values and domains pass that a policy allows', async () => {
    const allow = ['Info@Acme.example', '@corp.example', '+49 30 901820'];
    expect(await find('info@acme.example a@corp.example b@x.corp.example +49 30 901820', { allow })).toEqual([
      'EMAIL b@x.corp.example',
    ]);
  });

  it('refuses options that it does not know', () => {
    for (const options of [
      { kinds: [] },
      { kinds: ['NAME'] },
      { regions: ['de'] },
      { words: ['x'] },
      { more: 1 },
    ]) {
      expect(() => pii.prepare(options, {})).toThrow();
    }
  });

  it('finds what stands anywhere in a long text, once', async () => {
    for (const at of [0, 16_100, 16_370, 16_384, 100_000]) {
      const text = `${'words, '.repeat(20_000).slice(0, at)} jane@example.com ${'and so on '.repeat(2_000)}`;
      expect(await find(text)).toEqual(['EMAIL jane@example.com']);
    }
  });

  it.each(found)('holds %j while it grows', (text, ...expected) => {
    const prepared = pii.prepare({}, {});
    for (const one of expected) {
      const value = one.slice(one.indexOf(' ') + 1);
      const start = text.indexOf(value);
      for (let length = start + 1; length < start + value.length; length += 1) {
        const held = prepared.holdFrom?.(text.slice(0, length)) ?? Number.NaN;
        expect([text.slice(0, length), held <= start]).toEqual([text.slice(0, length), true]);
      }
    }
  });

  it('holds at most 200 characters of any text, and no words that have ended', () => {
    const prepared = pii.prepare({}, {});
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        const held = prepared.holdFrom?.(text) ?? Number.NaN;
        expect(held).toBeLessThanOrEqual(text.length);
        expect(text.length - held).toBeLessThanOrEqual(200);
      }),
    );
    for (const text of ['Some words. ', '一些文字', 'x = y;\n', 'The end!']) {
      expect([text, prepared.holdFrom?.(text)]).toEqual([text, text.length]);
    }
    expect(pii.prepare({ kinds: ['CREDIT_CARD'] }, {}).holdFrom?.('Some words')).toBe(10);
  });
});
