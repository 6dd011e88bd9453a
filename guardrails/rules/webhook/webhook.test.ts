import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { guardedText, testRule } from '#test/support/guardrail-rules.ts';
import type { RulePost } from '../../guardrail.ts';
import { webhook } from './webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const url = 'https://guard.example/check';

/** The rule with a server that answers as stated; what was posted. */
function setup(options: object, answer: unknown = { allowed: false }) {
  const posted: RulePost[] = [];
  const post = async (request: RulePost) => {
    posted.push(request);
    if (answer instanceof Error) throw answer;
    return typeof answer === 'string' ? answer : JSON.stringify(answer);
  };
  return { posted, rule: testRule(webhook, { url, ...options }, {}, { post }) };
}

describe('the rule webhook', () => {
  it('signs its request, so that any implementation of Standard Webhooks verifies it', async () => {
    const { rule, posted } = setup({ secret });
    expect(await rule.look('Hi')).toMatchObject({ fired: true });
    const [{ headers = {}, body = '' } = {}] = posted;
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ texts: [{ text: 'Hi' }] });
    expect(headers).toMatchObject({ 'content-type': 'application/json' });
    expect(JSON.stringify(posted)).not.toContain(secret);
  });

  it('sends its key, its headers and its bounds', async () => {
    const { rule, posted } = setup(
      {
        ...{ format: 'LAKERA', apiKey: 'k-1', headers: { 'x-team': 'blue' } },
        ...{ region: 'eu', timeoutMs: 300 },
      },
      { flagged: false },
    );
    expect(await rule.look('Hi')).toEqual({ fired: false });
    expect(posted).toMatchObject([
      { url, region: 'eu', timeoutMs: 300, headers: { authorization: 'Bearer k-1', 'x-team': 'blue' } },
    ]);
    expect(posted[0]?.headers).not.toHaveProperty('webhook-signature');
  });

  it('has each request another id', async () => {
    const { rule, posted } = setup({ secret });
    await rule.look('Hi');
    await rule.look('Hi');
    const ids = posted.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
  });

  it.each<[string, unknown]>([
    ['fails', new Error('down')],
    ['answers with text', 'OK'],
    ['answers with HTML', '<html></html>'],
    ['answers with nonsense', { verdict: 'fine' }],
    [
      'names places that are not there',
      { allowed: false, findings: [{ text: 0, start: 0, end: 9, kind: 'A' }] },
    ],
  ])('cannot look where its server %s: it throws, or passes as failed', async (_what, answer) => {
    await expect(setup({ secret }, answer).rule.look('Hi')).rejects.toThrow();
    const open = setup({ secret, onFailure: 'ALLOW' }, answer);
    expect(await open.rule.look('Hi')).toEqual({ fired: false, failed: true });
  });

  it('sends nothing of texts that are too long for one request', async () => {
    const { rule, posted } = setup({ secret });
    await expect(rule.look('x'.repeat(4 * 1024 * 1024))).rejects.toThrow(/too long/);
    expect(posted).toEqual([]);
  });

  it('cannot look where nothing can be posted', async () => {
    await expect(testRule(webhook, { url, secret }).look('Hi')).rejects.toThrow();
  });

  it('sends nothing where there is nothing to look at', async () => {
    const { rule, posted } = setup({ format: 'PRESIDIO' }, []);
    expect(await rule.look(guardedText(''))).toEqual({ fired: false });
    expect(posted).toEqual([]);
  });

  it.each<[string, object]>([
    ['no URL', { url: undefined }],
    ['a URL of another scheme', { url: 'ftp://guard.example' }],
    ['a URL with a user', { url: 'https://me@guard.example' }],
    ['a URL with a fragment', { url: 'https://guard.example/#a' }],
    ['no secret', { secret: undefined }],
    ['a secret that is short', { secret: 'whsec_AAAA' }],
    ['a secret with a format that is not signed', { format: 'LAKERA' }],
    ['a key of two lines', { apiKey: 'a\nb' }],
    ['a header that is set here', { headers: { 'webhook-signature': 'v1,x' } }],
    ['a header that changes the request', { headers: { 'transfer-encoding': 'chunked' } }],
    ['a header with capitals', { headers: { 'X-Team': 'blue' } }],
    ['a header of two lines', { headers: { 'x-team': 'a\r\nb: c' } }],
    ['eleven headers', { headers: Object.fromEntries(Array.from('abcdefghijk', (name) => [name, 'v'])) }],
    ['no time', { timeoutMs: 0 }],
    ['eleven seconds', { timeoutMs: 11_000 }],
    ['a region with a space', { region: 'eu west' }],
    ['an unknown option', { colour: 'red' }],
  ])('has no options with %s', (_what, options) => {
    expect(webhook.options.safeParse({ url, secret }).success).toBe(true);
    expect(webhook.options.safeParse({ url, secret, ...options }).success).toBe(false);
  });

  it('states where its texts go also without its secrets', () => {
    expect(webhook.readEndpoint?.({ url, region: 'eu' })).toEqual({ url, region: 'eu' });
    expect(webhook.readEndpoint?.({ url })).toEqual({ url, region: null });
    expect(() => webhook.readEndpoint?.({})).toThrow();
  });
});
