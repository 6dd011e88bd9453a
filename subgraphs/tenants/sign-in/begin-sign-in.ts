import type { TenantsDeps } from '../deps.ts';
import type { BegunSignIn, CodeFlow } from './code-flow.ts';
import { chooseIssuer, type IssuerChoices } from './sign-in-issuers.ts';

/** The arguments of `_beginSignIn`. */
interface SignInRequest {
  readonly redirectUri: string;
  readonly returnPath: string;
  readonly tenantId?: string | null;
  readonly issuerId?: string | null;
  readonly emailDomain?: string | null;
}

/** Begins a sign-in, or states what there is to choose from; null where no one can sign in at an identity provider. */
export async function beginSignIn(
  { redirectUri, returnPath, tenantId = null, ...choice }: SignInRequest,
  flow: CodeFlow,
  deps: TenantsDeps,
): Promise<BegunSignIn | IssuerChoices | null> {
  if (deps.secrets === undefined) return null;
  const chosen = await chooseIssuer(choice, deps);
  if (chosen === null || 'providers' in chosen) return chosen;
  return flow.begin(chosen, { redirectUri, returnPath, tenantId, invitation: null });
}
