import type { Scope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { ownKeyId } from '#core/policies.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { checkedEndUserId } from '#core/text/label.ts';
import { pageTokens } from '#mongo/page-tokens.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { PageToken, PageTokenInput } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireNames } from '../restrictions/bounds.ts';
import { checkedScopes, requireAllScopes } from '../restrictions/scopes.ts';
import { randomId } from './ids.ts';
import { hashOfKey, newKeyText } from './key-text.ts';

const lifetimeSecondsDefault = 900;
const lifetimeSecondsMax = 3_600;
/** In force at once, of one key. */
const tokensMax = 10_000;

/**
 * Makes a token for a browser: for one end user, within the scopes, models and prompts of the caller's key, whose
 * limits count its calls. FORBIDDEN for more.
 */
export async function createPageToken(
  input: PageTokenInput,
  { caller }: TenantsContext,
  deps: TenantsDeps,
): Promise<PageToken> {
  const tenantId = ownTenantId(caller);
  const keyId = ownKeyId(caller);
  const endUserId = checkedEndUserId(input.endUserId, 'input.endUserId');
  const lifetimeSeconds = input.expiresInSeconds ?? lifetimeSecondsDefault;
  if (lifetimeSeconds < 1 || lifetimeSeconds > lifetimeSecondsMax) {
    badInput(
      'input.expiresInSeconds',
      `must lie between 1 and ${lifetimeSecondsMax}; it is ${lifetimeSeconds}.`,
    );
  }
  const scopes = checkedScopes(input.scopes, 'input.scopes');
  const wrong = scopes.find((scope) => !isForPages(scope));
  if (wrong !== undefined) {
    badInput(
      'input.scopes',
      `has ${wrong}; a page token has inference:invoke and scopes that read, and not audit:read.`,
    );
  }
  requireAllScopes(caller, scopes);
  const models = checkedPatterns(input.models, 'input.models');
  if (models !== null) requireNames('models', models, caller);
  const prompts = checkedPatterns(input.prompts, 'input.prompts');
  if (prompts !== null) requireNames('prompts', prompts, caller);

  const now = readNow(deps);
  const records = pageTokens(deps.connection);
  if ((await records.countDocuments({ keyId, expiresAt: { $gt: now } })) >= tokensMax) {
    throw new HeddleError(
      'CONFLICT',
      `An API key has at most ${tokensMax} page tokens in force: wait until one expires, or use another key.`,
    );
  }
  const { id, text } = newKeyText(`pt${randomId(12)}`);
  const expiresAtMs = Math.min(
    now.getTime() + lifetimeSeconds * 1_000,
    caller.expiresAtMs ?? Number.POSITIVE_INFINITY,
  );
  const expiresAt = new Date(expiresAtMs);
  const tokenHash = hashOfKey(text);
  await records.create({
    _id: id,
    tokenHash,
    tenantId,
    keyId,
    endUserId,
    scopes,
    models,
    prompts,
    createdAt: now,
    expiresAt,
  });
  return { token: text, expiresAt };
}

function isForPages(scope: Scope): boolean {
  return scope === 'inference:invoke' || (scope.endsWith(':read') && scope !== 'audit:read');
}
