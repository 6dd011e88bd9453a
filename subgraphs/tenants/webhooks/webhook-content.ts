import { openEgress } from '#core/egress.ts';
import { badInput, checkedText } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { formats } from '#deliveries/formats/formats.ts';
import { findRefusal } from '#deliveries/send-event.ts';
import type { WebhookTarget } from '#mongo/webhook-target.ts';
import type { WebhookRecord } from '#mongo/webhooks.ts';
import type { TenantsDeps } from '../deps.ts';
import type { WebhookInput } from '../generated.ts';
import { checkedEmail } from '../members/email.ts';

const urlMax = 2_000;

/** What an input states, checked. */
export interface StatedWebhook extends Pick<WebhookRecord, 'format' | 'types' | 'enabled' | 'address'> {
  readonly url: string;
  /** Undefined: the one that is stored. */
  readonly secret: string | undefined;
}

/** BAD_USER_INPUT names the field of what is wrong. */
export function checkedWebhook(
  input: WebhookInput,
  tenantId: string | null,
  { egress = openEgress, mailer }: Pick<TenantsDeps, 'egress' | 'mailer'>,
): StatedWebhook {
  const format = input.format ?? 'STANDARD';
  const { schemes, secret: need, refuseSecret } = formats[format];
  const types = checkedPatterns(input.types, 'input.types') ?? [];
  if (types.length === 0) badInput('input.types', 'must name a type of events, or a prefix such as key.*.');
  const text = checkedText(input.url, 'input.url', urlMax);
  const url = readUrl(text, schemes);
  if (url.protocol === 'mailto:') requireMail(url, mailer);
  else {
    const refusal = findRefusal(url.href, tenantId === null ? egress : egress.ofTenants);
    if (refusal !== null) badInput('input.url', `may not be called: ${refusal}.`);
  }
  const { secret } = input;
  if (secret != null && need === 'NONE') badInput('input.secret', `is not used by the format ${format}.`);
  const problem = secret == null ? null : (refuseSecret?.(secret) ?? null);
  if (problem !== null) badInput('input.secret', problem);
  return {
    ...{ format, types, enabled: input.enabled ?? true, url: url.href, address: toAddress(url) },
    secret: secret ?? undefined,
  };
}

function readUrl(text: string, schemes: readonly string[]): URL {
  const url = URL.parse(text);
  if (url === null || !schemes.includes(url.protocol)) {
    return badInput(
      'input.url',
      `must be a URL with ${schemes.map((scheme) => `${scheme}`).join(' or ')} of this format.`,
    );
  }
  if (url.username !== '' || url.password !== '') badInput('input.url', 'must have no user and no password.');
  if (url.hash !== '') badInput('input.url', 'must have no fragment.');
  const isSyslog = url.protocol === 'syslog+tls:';
  if (isSyslog && !/^syslog\+tls:\/\/[^/?#]+\/?$/.test(url.href))
    badInput('input.url', 'must be syslog+tls://host:port, without a path.');
  if (isSyslog && URL.parse(url.href.replace(/^syslog\+tls:/, 'https:')) === null)
    badInput('input.url', 'must have the name or the address of a host.');
  return url;
}

function requireMail(url: URL, mailer: TenantsDeps['mailer']): void {
  if (mailer === undefined)
    badInput('input.url', 'cannot be a mailto: here: this mesh sends no mail (HEDDLE_SMTP_URL).');
  if (url.search !== '') badInput('input.url', 'must be one address, without fields.');
  checkedEmail(decodeAddress(url.pathname), 'input.url');
}

function decodeAddress(text: string): string {
  return /^(?:[^%]|%[\da-f]{2})*$/i.test(text) && !/%[89a-f]/i.test(text) ? decodeURIComponent(text) : text;
}

/** What may be shown: of a mail the domain alone. */
function toAddress(url: URL): string {
  if (url.protocol !== 'mailto:') return `${url.protocol}//${url.host}`;
  const address = decodeAddress(url.pathname);
  return `mailto:…${address.slice(address.lastIndexOf('@'))}`;
}

/** Whether a stored secret may be kept: at another address its owner may be another. */
export function isSameTarget(
  before: Pick<WebhookRecord, 'format'> & { readonly target: WebhookTarget },
  { format, url }: StatedWebhook,
): boolean {
  return before.format === format && before.target.url === url;
}

/** What the audit log has of a webhook: neither its URL nor a secret. */
export function toAuditedWebhook({ format, address, types, enabled, hint }: WebhookRecord): object {
  return { format, address, types, enabled, secretHint: hint };
}

/** Arguments of saveWebhook without its URL, which may hold a secret. */
export function hideWebhookUrl({ input, ...args }: Readonly<Record<string, unknown>>): object {
  const { url: _url, secret, ...rest } = Object(input);
  return {
    input: { ...rest, url: '[redacted]', ...(secret == null ? {} : { secret: '[redacted]' }) },
    ...args,
  };
}
