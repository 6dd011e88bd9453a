import type { WebhookFormat } from '#core/graph-enums.generated.ts';
import { cef } from './cef.ts';
import { email } from './email.ts';
import type { Format } from './format.ts';
import { ocsf } from './ocsf.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { standard } from './standard.ts';

/** Every format of webhooks. */
export const formats = {
  STANDARD: standard,
  SLACK: slack,
  PAGERDUTY: pagerduty,
  OCSF: ocsf,
  CEF: cef,
  EMAIL: email,
} as const satisfies Readonly<Record<WebhookFormat, Format>>;
