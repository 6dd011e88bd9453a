import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { fc } from '#test/support/properties.ts';
import { isWebhookSecret, signWebhook } from './signature.ts';

const secrets = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`);

describe('a signed webhook', () => {
  it('is one that another implementation of Standard Webhooks verifies, whatever the secret and the body', () => {
    fc.assert(
      fc.property(secrets, fc.json(), fc.uuid(), (secret, body, id) => {
        expect(isWebhookSecret(secret)).toBe(true);
        const headers = signWebhook(secret, { id, body, nowMs: Date.now() });
        expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      }),
    );
  });

  it.each([
    ['another body', { body: '{"a":2}' }],
    ['another id', { id: 'msg_2' }],
    ['another time', { nowMs: Date.now() - 60_000 }],
  ])('is not one with %s', (_what, more) => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const request = { id: 'msg_1', body: '{"a":1}', nowMs: Date.now() };
    const signature = signWebhook(secret, { ...request, ...more })['webhook-signature'] ?? '';
    const headers = { ...signWebhook(secret, request), 'webhook-signature': signature };
    expect(() => new Webhook(secret).verify(request.body, headers)).toThrow();
  });

  it.each([
    '',
    'whsec_',
    `whsec_${Buffer.alloc(23).toString('base64')}`,
    `whsec_${Buffer.alloc(65).toString('base64')}`,
    `whsec_${'='.repeat(32)}`,
    Buffer.alloc(32).toString('base64'),
    `whsec_${Buffer.alloc(32, 255).toString('base64url')}`,
    ` whsec_${Buffer.alloc(32).toString('base64')}`,
  ])('has no secret such as %j', (secret) => {
    expect(isWebhookSecret(secret)).toBe(false);
  });
});
