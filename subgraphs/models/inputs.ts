import { type Egress, openEgress } from '#core/egress.ts';
import { badInput } from '#core/input.ts';
import { nanosOfDecimal } from '#core/money.ts';
import { endpointOfPath } from '#providers/registry/endpoint-path.ts';

const slug = /^[a-z0-9][a-z0-9-]{0,63}$/;
const modelName = /^[\x21-\x7e]{1,200}$/;
const urlMax = 2048;

/** The id of a provider or the alias of a route: no slash, so that neither is ever taken for a model's id. */
export function checkedSlug(value: string, field: string): string {
  if (!slug.test(value)) {
    badInput(
      field,
      'must be 1 to 64 lower-case letters, digits and dashes, beginning with a letter or digit.',
    );
  }
  return value;
}

/** A provider's own name of a model. */
export function checkedModelName(value: string, field: string): string {
  if (!modelName.test(value)) badInput(field, 'must be 1 to 200 visible ASCII characters without spaces.');
  return value;
}

/** An http(s) URL without a slash at its end; one with user, query, fragment or the path of a call is refused. */
export function checkedBaseUrl(
  value: string,
  field: string,
  egress: Pick<Egress, 'refusalOfHost'> = openEgress,
): string {
  const url = value.length <= urlMax && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return badInput(field, 'must be an http:// or https:// URL of at most 2048 characters.');
  }
  if (url.username !== '' || url.password !== '') {
    badInput(field, 'must not hold a user or password: add keys with addProviderCredential.');
  }
  const refusal = egress.refusalOfHost(url.hostname);
  if (refusal !== null) badInput(field, `may not be called: ${refusal}.`);
  if (url.search !== '' || url.hash !== '') badInput(field, 'must not hold a query or a fragment.');
  const base = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  const endpoint = endpointOfPath(url.pathname);
  if (endpoint !== null) {
    const above = base.slice(0, base.length - endpoint.length);
    badInput(field, `must not end in ${endpoint}, which is added to each call: send ${above}.`);
  }
  return base;
}

/** A whole number within bounds, both included. */
export function checkedInt(value: number, field: string, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    badInput(field, `must be a whole number from ${min} to ${max}; it is ${value}.`);
  }
  return value;
}

/** A price in dollars per million tokens as nano-dollars per million tokens. */
export function checkedPrice(value: string, field: string): bigint {
  const nanos = nanosOfDecimal(value, field);
  if (nanos < 0n) badInput(field, 'must not be negative.');
  return nanos;
}
