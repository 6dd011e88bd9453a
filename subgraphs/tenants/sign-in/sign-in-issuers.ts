import { HeddleError } from '#core/errors.ts';
import type { InvitationRecord } from '#mongo/invitations.ts';
import { firstIssuerId, type IssuerRecord, issuers, vouchesFor } from '#mongo/issuers.ts';
import type { TenantsDeps } from '../deps.ts';
import { openClientSecret } from './client-secret.ts';
import { toEmailDomain } from './save-sign-in.ts';
import type { SignInClient } from './sign-in-client.ts';

/** An issuer that people sign in at. */
export interface SignInIssuer {
  readonly issuer: IssuerRecord;
  readonly clientId: string;
}

/** What a person chooses from on the page of sign-in. */
export interface IssuerChoices {
  readonly providers: readonly { readonly id: string; readonly name: string }[];
  /** Whether others are found by the domain of an email address. */
  readonly hasDomains: boolean;
}

/**
 * What follows the address that browsers come back to: each issuer has a redirect URI of its own, so that no answer of another
 * passes for its.
 */
export const toRedirectSuffix = (issuerId: string): string =>
  issuerId === firstIssuerId ? '' : `/${issuerId}`;

function toSignIn(issuer: IssuerRecord | null, { signInClient }: TenantsDeps): SignInIssuer | null {
  if (issuer === null) return null;
  if (signInClient?.issuerId === issuer._id) return { issuer, clientId: signInClient.clientId };
  return issuer.signIn == null ? null : { issuer, clientId: issuer.signIn.clientId };
}

/** The issuer, if people sign in at it. */
export async function findSignInIssuer(id: string, deps: TenantsDeps): Promise<SignInIssuer | null> {
  return toSignIn(await issuers(deps.connection).findById(id).lean(), deps);
}

/** The client with its secret. Throws CONFLICT where no encryption key at hand opens it. */
export async function readSignInClient(
  { issuer, clientId }: SignInIssuer,
  { signInClient, secrets }: TenantsDeps,
): Promise<SignInClient> {
  if (signInClient?.issuerId === issuer._id) return signInClient;
  const sealed = issuer.signIn?.clientSecret ?? null;
  if (sealed === null) return { issuerId: issuer._id, clientId };
  const client = { _id: issuer._id, issuer: issuer.issuer, clientId };
  const clientSecret = secrets && (await openClientSecret(sealed, client, secrets));
  if (clientSecret !== undefined) return { issuerId: issuer._id, clientId, clientSecret };
  throw new HeddleError(
    'CONFLICT',
    `The secret of the client at the issuer ${issuer._id} was sealed with another encryption key: save the issuer with it again.`,
  );
}

async function listSignInIssuers(deps: TenantsDeps): Promise<readonly SignInIssuer[]> {
  const records = await issuers(deps.connection).find().sort({ createdAt: 1, _id: 1 }).lean();
  return records.flatMap((issuer) => toSignIn(issuer, deps) ?? []);
}

const listDomains = ({ issuer }: SignInIssuer): readonly string[] => issuer.signIn?.emailDomains ?? [];

/**
 * The issuer that a person signs in at: the one with the ID, the one for the domain of the email address, or the only one; what
 * there is to choose from where none of these names one. Null: no one can sign in. NOT_FOUND for an ID or domain without an issuer.
 */
export async function chooseIssuer(
  { issuerId, emailDomain }: { readonly issuerId?: string | null; readonly emailDomain?: string | null },
  deps: TenantsDeps,
): Promise<SignInIssuer | IssuerChoices | null> {
  const all = await listSignInIssuers(deps);
  if (issuerId != null) {
    return (
      all.find(({ issuer }) => issuer._id === issuerId) ??
      notConfigured('No identity provider of this name is configured for sign-in.')
    );
  }
  if (emailDomain != null) {
    return (
      findByDomain(all, emailDomain) ??
      notConfigured('No identity provider is configured for email addresses of this domain.')
    );
  }
  const [first, ...others] = all;
  if (first === undefined) return null;
  if (others.length === 0) return first;
  const isNamed = (one: SignInIssuer) => listDomains(one).length === 0;
  const toChoice = ({ issuer: { _id: id, signIn } }: SignInIssuer) => ({ id, name: signIn?.name ?? id });
  return { providers: all.filter(isNamed).map(toChoice), hasDomains: !all.every(isNamed) };
}

/**
 * The issuer that an invited person signs in at, of those that vouch for people of the tenant: by the domain of the address, else the first
 * that the page lists; null: no one can.
 */
export async function chooseInvitedIssuer(
  { email, tenantId }: Pick<InvitationRecord, 'email' | 'tenantId'>,
  deps: TenantsDeps,
): Promise<SignInIssuer | null> {
  const all = (await listSignInIssuers(deps)).filter(({ issuer }) => vouchesFor(issuer, tenantId));
  const named = all.filter((one) => listDomains(one).length === 0);
  const first = named.find(({ issuer }) => issuer._id === firstIssuerId) ?? named[0];
  const byDomain = findByDomain(all, email.slice(email.lastIndexOf('@') + 1));
  return byDomain ?? first ?? (all.length === 1 ? all[0] : undefined) ?? null;
}

function findByDomain(all: readonly SignInIssuer[], text: string): SignInIssuer | undefined {
  const domain = toEmailDomain(text);
  return domain === undefined ? undefined : all.find((one) => listDomains(one).includes(domain));
}

function notConfigured(message: string): never {
  throw new HeddleError('NOT_FOUND', message);
}
