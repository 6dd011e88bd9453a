import { HeddleError } from '#core/errors.ts';
import { meshOwner, type OwnerBoxes, openSealed } from '#core/secrets/owner-boxes.ts';

/** What a browser keeps, sealed, while its user is at the identity provider. */
export interface SignInState {
  readonly issuerId: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly returnPath: string;
  /** The tenant to sign in to; null: the one that the issuer states, or the first that has the person as a member. */
  readonly tenantId: string | null;
  /** What is kept of the secret of the invitation that is accepted with the sign-in; null: none. */
  readonly invitation: string | null;
  readonly expiresAtMs: number;
}

const context = ['sign-in', 'state'];

/** The state as the text of a cookie. */
export async function sealState(state: SignInState, boxes: OwnerBoxes): Promise<string> {
  return (await boxes.of(meshOwner)).seal(JSON.stringify(state), context);
}

/** The state of a cookie. Throws UNAUTHENTICATED for a text that was altered or sealed elsewhere, or too long ago. */
export async function openSignInState(
  sealed: string,
  nowMs: number,
  boxes: OwnerBoxes,
): Promise<SignInState> {
  const text = await openSealed(boxes, sealed, context);
  const state = text === undefined ? undefined : (JSON.parse(text) as SignInState);
  if (state === undefined || state.expiresAtMs <= nowMs) {
    throw new HeddleError(
      'UNAUTHENTICATED',
      'The sign-in took too long, or began in another browser: sign in again.',
    );
  }
  return state;
}
