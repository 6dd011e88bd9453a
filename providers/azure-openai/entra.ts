import { expectError } from '#core/expect-error.ts';
import { createAccessTokens, requestToken, withAccessToken } from '../http/access-tokens.ts';
import { ProviderFailure } from '../provider.ts';
import { bearer } from '../wires/shared/wire-request.ts';

/** How requests to a resource of Azure carry its credential. */
export interface AzureCredential {
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  /** Those of one request, with the token of a service principal. Throws PROVIDER_AUTH where that is refused. */
  readonly toHeaders: () => Promise<Readonly<Record<string, string>>>;
  /** Kept out of every message. */
  readonly secret: string;
}

/** The sign-in of each cloud of Azure, and the scope of its AI services there. */
const scopes: Readonly<Record<string, string>> = {
  'https://login.microsoftonline.com': 'https://cognitiveservices.azure.com/.default',
  'https://login.microsoftonline.us': 'https://cognitiveservices.azure.us/.default',
  'https://login.chinacloudapi.cn': 'https://cognitiveservices.azure.cn/.default',
};

/** A client of an app registration in Microsoft Entra ID. */
interface EntraClient {
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * The form of the secret decides: the JSON of a service principal, as `az ad sp create-for-rbac` prints it, is exchanged for tokens; a token of Microsoft
 * Entra ID is a JWT; anything else is a key of the resource, which has no dots, and is sent in the header of that name. Throws PROVIDER_AUTH for JSON that is no service
 * principal.
 */
export function readAzureCredential(
  secret: string,
  keyHeader: string,
  fetch: typeof globalThis.fetch,
  now?: () => number,
): AzureCredential {
  if (secret.startsWith('{')) {
    const client = parseClient(secret);
    const tokens = createAccessTokens(() => signIn(client, fetch), now);
    const toHeaders = async () => bearer(await tokens());
    return { headers: {}, fetch: withAccessToken(fetch, tokens), toHeaders, secret: client.clientSecret };
  }
  const isToken = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(secret);
  const headers = isToken ? bearer(secret) : secret === '' ? {} : { [keyHeader]: secret };
  return { headers, fetch, toHeaders: async () => headers, secret };
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
async function signIn(
  { authority, tenantId, clientId, clientSecret }: EntraClient,
  fetch: typeof globalThis.fetch,
) {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const scope = scopes[authority] ?? '';
  const granted = await requestToken(`${authority}/${tenantId}/oauth2/v2.0/token`, { ...form, scope }, fetch);
  if (typeof granted === 'number')
    throw failed(`Microsoft Entra ID refused the service principal (HTTP ${granted}).`);
  return granted;
}

function parseClient(json: string): EntraClient {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    expectError(error, SyntaxError);
    throw failed('The credential of Azure is neither a key nor the JSON of a service principal.');
  }
  const read = (...names: readonly string[]): string => {
    for (const name of names) {
      const value: unknown = Reflect.get(Object(parsed), name);
      if (typeof value === 'string' && value !== '') return value;
    }
    return '';
  };
  const client: EntraClient = {
    authority: read('activeDirectoryEndpointUrl').replace(/\/$/, '') || 'https://login.microsoftonline.com',
    tenantId: read('tenantId', 'tenant'),
    clientId: read('clientId', 'appId'),
    clientSecret: read('clientSecret', 'password'),
  };
  if (!/^[\w.-]{1,253}$/.test(client.tenantId) || client.clientId === '' || client.clientSecret === '') {
    throw failed('The service principal of Azure lacks tenantId, clientId or clientSecret.');
  }
  if (!Object.hasOwn(scopes, client.authority)) {
    throw failed(`The service principal of Azure signs in at none of ${Object.keys(scopes).join(', ')}.`);
  }
  return client;
}

function failed(message: string): ProviderFailure {
  return new ProviderFailure('PROVIDER_AUTH', message, { retryable: false });
}
