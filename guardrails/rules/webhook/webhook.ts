import { randomUUID } from 'node:crypto';
import { HeddleError } from '#core/errors.ts';
import { signWebhook } from '#core/webhooks/signature.ts';
import { defineRule, guardrailStages, type RulePost } from '../../guardrail.ts';
import { heddleWire } from './heddle-wire.ts';
import { lakeraWire } from './lakera-wire.ts';
import { endpointOptions, type WebhookOptions, webhookOptions } from './options.ts';
import { presidioWire } from './presidio-wire.ts';
import type { WebhookWire } from './wire.ts';

/** Bytes of a request; texts that are more are not sent in part. */
const bodyBytesMax = 4 * 1024 * 1024;

const wires: Readonly<Record<WebhookOptions['format'], WebhookWire>> = {
  HEDDLE: heddleWire,
  PRESIDIO: presidioWire,
  LAKERA: lakeraWire,
};

/** Has a server that the policy names look at the texts. */
export const webhook = defineRule({
  name: 'webhook',
  summary: "What a server of the policy's choice finds: your own, Presidio or Lakera Guard.",
  options: webhookOptions,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'REMOTE',
  isRemembered: true,
  secretOptions: ['secret', 'apiKey', 'headers'],
  readEndpoint: (options) => endpointOptions.parse(options),
  prepare: (options, { post }) => ({
    rememberBy: () => '',
    async check(texts, context) {
      try {
        if (post === undefined) throw new HeddleError('INTERNAL', 'No webhook can be called from here.');
        const wire = wires[options.format];
        const body = wire.write(texts, options, context);
        if (body === null) return { fired: false };
        if (Buffer.byteLength(body) > bodyBytesMax) throw new Error('The texts are too long for a request.');
        return wire.read(JSON.parse(await post(toPost(options, body), context)), texts);
      } catch (error) {
        // Any error: what cannot be checked passes where the policy states so, and is reported as failed.
        if (options.onFailure === 'BLOCK') throw error;
        return { fired: false, failed: true };
      }
    },
  }),
});

function toPost({ url, region, timeoutMs, secret, apiKey, headers }: WebhookOptions, body: string): RulePost {
  const nowMs = Date.now();
  const signed = secret == null ? {} : signWebhook(secret, { id: `msg_${randomUUID()}`, body, nowMs });
  const authorization = apiKey == null ? {} : { authorization: `Bearer ${apiKey}` };
  const own = { 'content-type': 'application/json', accept: 'application/json' };
  return { url, region, timeoutMs, body, headers: { ...headers, ...authorization, ...own, ...signed } };
}
