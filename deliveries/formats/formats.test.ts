import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EventType, type EventTypeFacts, eventTypes } from '#core/events/event-types.ts';
import type { WebhookFormat } from '#core/graph-enums.generated.ts';
import type { DeliveredEvent } from '#mongo/webhook-deliveries.ts';
import { formats } from './formats.ts';

const secrets = {
  STANDARD: 'whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
  SLACK: null,
  PAGERDUTY: 'a'.repeat(32),
  OCSF: 'Bearer one',
  CEF: 'Splunk two',
  EMAIL: null,
} as const satisfies Record<WebhookFormat, string | null>;
const names = Object.keys(formats) as WebhookFormat[];

const at = new Date('2026-03-04T05:06:07.089Z');
const happened = (change: Partial<DeliveredEvent> = {}): DeliveredEvent => ({
  ...{ id: 'e1', type: 'key.revoked', at, tenantId: 'acme', subject: 'k1' },
  data: { appId: 'a1', label: 'ci' },
  ...change,
});
const render = (name: WebhookFormat, change: Partial<DeliveredEvent> = {}) =>
  formats[name].render({
    ...{ id: 'msg_1', event: happened(change), nowMs: at.getTime() },
    target: { secret: secrets[name], formerSecret: null },
  });

/** Line ends, ANSI escapes, other controls, marks of direction, half a character, and what each format gives a meaning to. */
const injections = {
  'a line end': 'x\nkey=1 CEF:0|Evil',
  'a carriage return': 'x\r\n<134>1 forged',
  'an ANSI escape': 'x\u001b[2J\u001b]0;title\u0007',
  'a C1 control': 'x\u009b31m',
  'NUL and DEL': 'x\0\u007f',
  'line and paragraph separators': 'x\u2028y\u2029z',
  'a mark of direction': 'x\u202egnp.exe\u2066',
  'an invisible tag': 'x\u{e0041}',
  'half a character': 'x\ud800y',
  'what CEF escapes': 'x|y=z\\',
  'what Slack reads': '<!channel> <https://evil.example|x> & `*_',
  'a quotation mark': 'x"y\'z',
} as const;
const table = names.flatMap((name) =>
  Object.entries(injections).map(([what, text]) => [name, what, text] as const),
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const hidden = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Cf}\p{Cs}]/u;

describe('docs/events.md', () => {
  it('has a program that accepts what is signed with either secret, and nothing else', async () => {
    const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
    const program = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const { verify } = (await import(`data:text/javascript,${encodeURIComponent(program)}`)) as {
      verify: (secret: string, headers: object, body: string, nowMs: number) => void;
    };
    const former = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    const { body, headers } = formats.STANDARD.render({
      ...{ id: 'msg_1', event: happened(), nowMs: at.getTime() },
      target: { secret: secrets.STANDARD, formerSecret: former },
    });
    for (const secret of [secrets.STANDARD, former]) verify(secret, headers, body, at.getTime());
    const other = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    expect(() => verify(other, headers, body, at.getTime())).toThrow('signature');
    expect(() => verify(secrets.STANDARD, headers, `${body} `, at.getTime())).toThrow('signature');
    expect(() => verify(secrets.STANDARD, headers, body, at.getTime() + 301_000)).toThrow('old');
  });
});

describe('the formats of webhooks', () => {
  it.each(table)('%s lets %s in no place of an event end a line or reach a terminal', (name, _what, text) => {
    const rendered = render(name, {
      ...{ id: text, tenantId: text, subject: text },
      data: { [text]: text, list: [text], more: { [text]: text } },
    });
    // Of mails the fields are lines: as many as there are without the text.
    const lines = rendered.body.split('\n');
    const usual = render(name, { data: { one: 'x', list: ['x'], more: { x: 'x' } } }).body.split('\n');
    expect(lines).toHaveLength(usual.length);
    for (const line of [...lines, ...Object.values(rendered.headers)]) expect(line).not.toMatch(hidden);
  });

  it.each(table)('%s keeps what %s states beside it', (name, _what, text) => {
    const { body } = render(name, { data: { field: text } });
    if (name === 'SLACK') {
      const { blocks, text: shown } = JSON.parse(body);
      expect(blocks[2].text).toMatchObject({
        type: 'plain_text',
        text: expect.stringContaining('field: x'.slice(0, 7)),
      });
      expect(shown).not.toMatch(/[<>]/);
    } else if (name === 'STANDARD' || name === 'PAGERDUTY' || name === 'OCSF') {
      expect(JSON.stringify(JSON.parse(body))).toContain(JSON.stringify(text));
    } else if (name === 'CEF') {
      expect(body).toMatch(/^CEF:0\|Heddle\|Heddle\|1\|key\.revoked\|(?:[^|\\]|\\.)*\|3\|rt=/);
      // Every key is one that the format has: none was made by a text.
      const keys = [...body.matchAll(/(?<=[ |])(\w+)(?<!\\)=/g)].map(([, key]) => key);
      expect(keys).toEqual([
        'rt',
        'externalId',
        'cat',
        'cs1Label',
        'cs1',
        'cs2Label',
        'cs2',
        'cs3Label',
        'cs3',
        'msg',
      ]);
    } else expect(body).toContain('field: ');
  });

  it.each(names)('%s writes every type of event, of the mesh too, and one that it does not know', (name) => {
    for (const type of [...Object.keys(eventTypes), 'thing.of.a.newer.version']) {
      const { body } = render(name, { type: type as EventType, tenantId: null, subject: null, data: {} });
      expect(body).toContain(type);
      expect(body.length).toBeLessThan(4_000);
    }
  });

  it('SLACK, PAGERDUTY and CEF keep within what their receivers take', () => {
    const long = { subject: 'x'.repeat(5_000), data: { much: '😀'.repeat(20_000) } };
    const { blocks } = JSON.parse(render('SLACK', long).body);
    for (const block of blocks) expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3_000);
    const { payload, dedup_key: key } = JSON.parse(render('PAGERDUTY', long).body);
    expect(payload.summary.length).toBeLessThanOrEqual(1_024);
    expect(key.length).toBeLessThanOrEqual(255);
    expect(render('CEF', long).body.length).toBeLessThan(20_000);
  });

  it('PAGERDUTY resolves the incident that an event ends, and triggers others', () => {
    const read = (type: EventType, subject = 'w1') => JSON.parse(render('PAGERDUTY', { type, subject }).body);
    const [begun, ended, other] = [
      read('webhook.failing'),
      read('webhook.recovered'),
      read('webhook.failing', 'w2'),
    ];
    expect([begun.event_action, ended.event_action]).toEqual(['trigger', 'resolve']);
    expect(ended.dedup_key).toBe(begun.dedup_key);
    expect(other.dedup_key).not.toBe(begun.dedup_key);
    expect(begun).toMatchObject({
      routing_key: secrets.PAGERDUTY,
      payload: { severity: 'warning', source: 'heddle' },
    });
  });

  it('OCSF has what the class of each event requires', () => {
    for (const [type, facts] of Object.entries<EventTypeFacts>(eventTypes)) {
      const event = JSON.parse(render('OCSF', { type, data: { address: '192.0.2.1' } }).body);
      expect(event).toMatchObject({
        type_uid: event.class_uid * 100 + event.activity_id,
        category_uid: Math.floor(event.class_uid / 1_000),
        time: at.getTime(),
        metadata: { version: '1.8.0', product: { vendor_name: 'Heddle' }, uid: 'e1' },
      });
      if (facts.class.startsWith('API')) {
        expect(event).toMatchObject({
          class_uid: 6003,
          actor: {},
          api: { operation: type },
          src_endpoint: {},
        });
      } else if (facts.class.startsWith('FINDING')) {
        expect(event).toMatchObject({ class_uid: 2004, finding_info: { uid: expect.any(String) } });
      } else expect(event).toMatchObject({ user: { uid: 'k1' } });
    }
  });

  it('OCSF and CEF send a secret as the header authorization', () => {
    expect(render('OCSF').headers).toEqual({ authorization: 'Bearer one' });
    expect(render('CEF').headers).toEqual({ authorization: 'Splunk two' });
  });

  it.each([
    ['STANDARD', 'whsec_short', 'whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc='],
    ['PAGERDUTY', 'not a key', 'b'.repeat(32)],
    ['OCSF', 'Bearer x\r\nhost: evil', 'Bearer x'],
    ['CEF', 'ü', 'Splunk x'],
  ] as const)('%s refuses the secret %j and takes %j', (name, wrong, right) => {
    const { refuseSecret } = formats[name];
    expect(refuseSecret?.(wrong)).toEqual(expect.any(String));
    expect(refuseSecret?.(right)).toBeNull();
  });
});
