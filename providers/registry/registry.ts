import type { Provider, ProviderKind, ProviderOptions } from '../provider.ts';
import { ProviderFailure } from '../provider.ts';
import { withOwnCalls } from '../translate/own-call.ts';
import type { VendorOptions } from '../vendor.ts';
import { endpointOfPath } from './endpoint-path.ts';
import { missingAddressForm } from './own-address.ts';
import { vendors } from './vendors.generated.ts';

function refuse(message: string): ProviderFailure {
  return new ProviderFailure('BAD_USER_INPUT', message, { retryable: false });
}

function noCredential(message: string): ProviderFailure {
  return new ProviderFailure('PROVIDER_AUTH', message, { retryable: false });
}

/** The base URL to call, without a slash at its end; a bare origin gets the vendor's usual path. */
function resolveBaseUrl(kind: ProviderKind, baseUrl: string | null): string {
  const vendor = vendors[kind];
  if (baseUrl === null) {
    if (vendor.requires.includes('baseUrl')) throw refuse(`A provider of kind ${kind} needs a base URL.`);
    return vendor.baseUrl ?? '';
  }
  const url = URL.parse(baseUrl);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refuse('The base URL of a provider is an http or https URL.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refuse('The base URL of a provider holds no credentials, query or fragment.');
  }
  const endpoint = endpointOfPath(url.pathname);
  if (endpoint !== null) throw refuse(`The base URL of a provider ends above ${endpoint}.`);
  const form = missingAddressForm(kind, baseUrl);
  if (form !== null) throw refuse(`The base URL of a provider of kind ${kind} has the form ${form}.`);
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? vendor.basePath : path}`;
}

function check(kind: ProviderKind, options: ProviderOptions): VendorOptions {
  const { requires, signsRequests } = vendors[kind];
  const secret = options.secret?.trim() ?? '';
  if (!/^[\x20-\x7e]*$/.test(secret) && !secret.startsWith('{')) {
    throw noCredential('A credential is one line of printable ASCII.');
  }
  // Behind a base URL of the admin's own (a proxy, a mock) there may be no key to require; some sign with theirs.
  if (secret === '' && requires.includes('secret') && (signsRequests === true || options.baseUrl === null)) {
    throw noCredential(`A provider of kind ${kind} needs a credential.`);
  }
  return {
    kind,
    baseUrl: resolveBaseUrl(kind, options.baseUrl),
    customBaseUrl: options.baseUrl !== null,
    region: options.region,
    secret,
    fetch: options.fetch,
  };
}

/**
 * Makes a provider of any kind: once per provider and credential, never per call.
 * @throws {ProviderFailure} BAD_USER_INPUT when the base URL or region is missing or wrong, PROVIDER_AUTH when the
 *   credential is missing or of no known form
 */
export async function makeProvider(options: ProviderOptions): Promise<Provider> {
  const { kind } = options;
  const checked = check(kind, options);
  const vendor = await vendors[kind].load();
  const make = await vendor.load();
  return withOwnCalls(make(checked), kind, options.isExclusive);
}
