import { HeddleError } from '#core/errors.ts';
import type { TenantsDeps } from '../deps.ts';
import { findPersonCaller } from '../identity/person-caller.ts';
import { TokenRefusal } from '../identity/token-refusal.ts';
import { type OfferedInvitation, offerInvitation } from '../invitations/offer-invitation.ts';
import type { TenantsContext } from '../loaders.ts';
import { identifyPerson } from '../members/identify-person.ts';
import { createSession, type StartedSession } from '../sessions/create-session.ts';
import type { CodeFlow } from './code-flow.ts';

/** Claims of one person that are kept, as JSON. */
const claimsLengthMax = 32_000;

/** A session, and the path that the sign-in began on. */
export interface SignedInSession extends StartedSession {
  readonly returnPath: string;
}

/** The arguments of `_finishSignIn`. */
interface ReturnedSignIn {
  readonly querySecret: string;
  readonly stateSecret: string;
  readonly redirectUri: string;
}

/**
 * Starts the session of a person who comes back from the identity provider, or states what it may accept where it opened the link of an
 * invitation. Throws UNAUTHENTICATED where it may not be here.
 */
export async function finishSignIn(
  { querySecret: query, stateSecret: sealed, redirectUri }: ReturnedSignIn,
  flow: CodeFlow,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<SignedInSession | { readonly invitation: OfferedInvitation | null }> {
  const finished = await flow.finish({ query, sealed, redirectUri });
  const { issuer, claims, state } = finished;
  if (state.invitation !== null) {
    context.unchanged();
    return { invitation: await offerInvitation(finished, deps) };
  }
  const kept = JSON.stringify(claims);
  if (kept.length > claimsLengthMax) {
    throw new HeddleError(
      'UNAUTHENTICATED',
      'The identity provider states too much: limit the groups of its token.',
    );
  }
  try {
    const identity = await identifyPerson(issuer, claims, deps, state.tenantId);
    const caller = await findPersonCaller(identity, null, deps);
    if ('archived' in caller) {
      throw new HeddleError('UNAUTHENTICATED', `The ${caller.archived} of this person is archived.`);
    }
    const { tenantId, subject } = identity;
    const owner = { tenantId, keyId: null, issuerId: issuer._id, subject, claims: kept };
    return { ...(await createSession(owner, null, context, deps)), returnPath: state.returnPath };
  } catch (error) {
    if (error instanceof TokenRefusal)
      throw new HeddleError('UNAUTHENTICATED', error.message, { cause: error });
    throw error;
  }
}
