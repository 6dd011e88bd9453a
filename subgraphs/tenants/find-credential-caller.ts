import { withAlertActions } from './alert-actions/bound-caller.ts';
import type { TenantsDeps } from './deps.ts';
import type { Query_CallerArgs } from './generated.ts';
import { findTokenCaller } from './identity/find-token-caller.ts';
import type { IssuerKeys } from './identity/issuer-keys.ts';
import { findCaller } from './keys/find-caller.ts';
import type { EndedKeys } from './keys/key-misuse.ts';
import type { KeyUsage } from './keys/key-usage.ts';
import { findSessionCaller } from './sessions/session-caller.ts';

/** What notes how keys are used, and what vouches for tokens. */
export interface IdentifyServices {
  readonly usage: KeyUsage;
  readonly endedKeys: EndedKeys;
  readonly issuerKeys: IssuerKeys;
}

/** The caller of a key, page token, session or JWT, as actions of alerts leave it; why a token is refused; null: there is none. */
export async function findCredentialCaller(
  { keyHash, token }: Query_CallerArgs,
  clientAddress: string | null,
  { usage, endedKeys, issuerKeys }: IdentifyServices,
  deps: TenantsDeps,
): Promise<object | null> {
  if (token != null) return withAlertActions(await findTokenCaller(token, issuerKeys, deps), deps);
  const found =
    (await findCaller(keyHash, deps, (key, how) => endedKeys.used(key, how, clientAddress))) ??
    (await findSessionCaller(keyHash, deps));
  if (found && 'keyId' in found && found.keyId) usage.used(found.keyId, clientAddress);
  return withAlertActions(found, deps);
}
