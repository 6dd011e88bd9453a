import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { meshOwner, type OwnerBoxes, openSealed } from '#core/secrets/owner-boxes.ts';
import { vouchesFor } from '#mongo/issuers.ts';
import { tenants } from '#mongo/tenants.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { TenantsContext } from '../loaders.ts';
import { readRoleName } from '../roles/member-role.ts';
import type { CodeFlow, FinishedSignIn } from '../sign-in/code-flow.ts';
import { chooseInvitedIssuer } from '../sign-in/sign-in-issuers.ts';
import { acceptInvitation, findOpenInvitation, requireInvited } from './accept-invitation.ts';
import { hashInvitationSecret } from './invitation-link.ts';
import { type ProvenPerson, readProvenPerson } from './proven-person.ts';

/** How long a person may take to accept after the sign-in. */
const acceptMsMax = 10 * 60_000;
const sealContext = ['sign-in', 'invitation'];

/** What a person who has signed in may accept. */
export interface OfferedInvitation {
  /** What the browser keeps meanwhile, sealed. */
  readonly state: string;
  readonly tenantName: string;
  readonly role: string;
  /** Who signed in, as it knows itself. */
  readonly person: string;
}

interface Offer {
  readonly secretHash: string;
  readonly person: ProvenPerson;
  readonly expiresAtMs: number;
}

/** Begins the sign-in with which an invitation is accepted; null where its link cannot be used. NOT_FOUND where no one can sign in. */
export async function beginInvitation(
  { secret, redirectUri }: { readonly secret: string; readonly redirectUri: string },
  flow: CodeFlow,
  deps: TenantsDeps,
) {
  const invitation = hashInvitationSecret(secret);
  const open = await findOpenInvitation(invitation, deps);
  if (open === null) return null;
  const issuer = await chooseInvitedIssuer(open, deps);
  if (issuer !== null) {
    return flow.begin(issuer, { redirectUri, returnPath: '/', tenantId: null, invitation });
  }
  throw new HeddleError(
    'NOT_FOUND',
    'An invitation is accepted by sign-in at an identity provider, and none is configured here.',
  );
}

/** What the person who comes back from the identity provider may accept; null where the invitation has ended meanwhile. */
export async function offerInvitation(
  { issuer, claims, state }: FinishedSignIn,
  deps: TenantsDeps,
): Promise<OfferedInvitation | null> {
  const invitation = state.invitation === null ? null : await findOpenInvitation(state.invitation, deps);
  if (invitation === null || state.invitation === null) return null;
  const person = readProvenPerson(issuer, claims);
  requireInvited(invitation, person);
  if (!vouchesFor(issuer, invitation.tenantId)) {
    throw new HeddleError(
      'FORBIDDEN',
      'The identity provider that you signed in at does not vouch for people of this tenant: sign in at another one.',
    );
  }
  const tenant = await tenants(deps.connection).findById(invitation.tenantId, { name: 1 }).lean();
  const expiresAtMs = readNow(deps).getTime() + acceptMsMax;
  const offer: Offer = { secretHash: state.invitation, person, expiresAtMs };
  return {
    state: (await readBoxes(deps).of(meshOwner)).seal(JSON.stringify(offer), sealContext),
    tenantName: tenant?.name ?? invitation.tenantId,
    role: readRoleName(invitation),
    person: person.email ?? person.subject,
  };
}

/** Accepts what was offered; null where the invitation has ended meanwhile. UNAUTHENTICATED for what was not offered here. */
export async function acceptOffer(
  sealed: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<{ readonly tenantId: string; readonly issuerId: string } | null> {
  const { secretHash, person } = await openOffer(sealed, deps);
  const member = await acceptInvitation(secretHash, person, context, deps);
  if (member !== null) return { tenantId: member.tenantId, issuerId: person.issuerId };
  context.unchanged();
  return null;
}

async function openOffer(sealed: string, deps: TenantsDeps): Promise<Offer> {
  const text = await openSealed(readBoxes(deps), sealed, sealContext);
  const offer = text === undefined ? undefined : (JSON.parse(text) as Offer);
  if (offer !== undefined && offer.expiresAtMs > readNow(deps).getTime()) return offer;
  throw new HeddleError(
    'UNAUTHENTICATED',
    'The sign-in was too long ago: open the link of the invitation again.',
  );
}

function readBoxes({ secrets }: TenantsDeps): OwnerBoxes {
  if (secrets === undefined) throw createOverloadedError('Nothing can be sealed here.');
  return secrets;
}
