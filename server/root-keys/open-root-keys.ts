import type { RootKey } from '#core/secrets/root-key.ts';
import { type Environment, StartError } from '../config.ts';
import { limitCalls } from './limit-calls.ts';
import { parseRootKeyName, type RootKeyName } from './root-key-name.ts';

/** Calls to the services at once: as many tenants as call first after a start wait for their turn. */
const callsMax = 32;
/** Of those calls, with some whose answers are not read to their end. */
const outboundBounds = { callsMax: 2 * callsMax, connectTimeoutMs: 3_000, responseBytesMax: 64 * 1024 };

/** Root keys of services. Disposing closes the connections to them. */
export interface ServiceRootKeys extends AsyncDisposable {
  readonly current: RootKey | undefined;
  readonly previous: readonly RootKey[];
}

/** The root keys that HEDDLE_ROOT_KEY and HEDDLE_ROOT_KEY_PREVIOUS name. */
export async function openServiceRootKeys(environment: Environment): Promise<ServiceRootKeys> {
  const { HEDDLE_ROOT_KEY: current, HEDDLE_ROOT_KEY_PREVIOUS: previous = '' } = environment;
  const former = previous.split(',').filter((text) => text.trim() !== '');
  if (current === undefined && former.length === 0) {
    return { current: undefined, previous: [], [Symbol.asyncDispose]: async () => undefined };
  }
  const { createHttpFetch } = await import('#providers/http/http-fetch.ts');
  await using opened = new AsyncDisposableStack();
  const fetch = limitCalls(opened.use(createHttpFetch(outboundBounds)).fetch, callsMax);
  const open = (text: string) => openNamed(parseRootKeyName(text.trim()), environment, fetch);
  const keys = {
    current: current === undefined ? undefined : await open(current),
    previous: await Promise.all(former.map(open)),
  };
  const resources = opened.move();
  return { ...keys, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function openNamed(
  name: RootKeyName | undefined,
  environment: Environment,
  fetch: typeof globalThis.fetch,
): Promise<RootKey> {
  if (name === undefined) throw new StartError('HEDDLE_ROOT_KEY names no root key');
  if (name.kind === 'AWS_KMS') {
    const { createAwsKmsRootKey } = await import('./aws-kms.ts');
    return createAwsKmsRootKey({
      keyArn: name.keyArn,
      accessKeyId: need(environment, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: need(environment, 'AWS_SECRET_ACCESS_KEY'),
      sessionToken: environment.AWS_SESSION_TOKEN,
      endpoint: environment.AWS_ENDPOINT_URL_KMS,
      fetch,
    });
  }
  const { createVaultRootKey } = await import('./vault-transit.ts');
  const { VAULT_TOKEN_FILE: file, VAULT_NAMESPACE: namespace } = environment;
  const { mount, key } = name;
  const token = file === undefined ? { text: need(environment, 'VAULT_TOKEN') } : { file };
  return createVaultRootKey({
    address: need(environment, 'VAULT_ADDR'),
    mount,
    key,
    token,
    namespace,
    fetch,
  });
}

/** A variable that the chosen root key needs. */
function need<K extends 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'VAULT_ADDR' | 'VAULT_TOKEN'>(
  environment: Environment,
  name: K,
): string {
  const text = environment[name];
  if (text === undefined) throw new StartError(`${name} is not set: HEDDLE_ROOT_KEY needs it`);
  return text;
}
