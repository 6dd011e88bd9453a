import { domainToASCII } from 'node:url';
import { createOverloadedError, HeddleError } from '#core/errors.ts';
import { badInput, checkedList } from '#core/input.ts';
import { isLabel } from '#core/text/label.ts';
import { type IssuerRecord, type IssuerSignIn, issuers } from '#mongo/issuers.ts';
import type { TenantsDeps } from '../deps.ts';
import type { IssuerSignInInput } from '../generated.ts';
import { IssuerFailure, noFetch } from '../identity/issuer-documents.ts';
import { sealClientSecret } from './client-secret.ts';
import { fetchProviderServer } from './provider-server.ts';

const clientIdLengthMax = 200;
const secretLengthMax = 500;
const nameLengthMax = 60;
const domainsMax = 50;
const domainForm = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** What the input states. `clientSecret`: undefined keeps the stored one. */
export type RequestedSignIn = Omit<IssuerSignIn, 'clientSecret'> & {
  readonly clientSecret: string | null | undefined;
};

/** The domain of email addresses, in lower case and as DNS has it; undefined for what is none. */
export function toEmailDomain(text: string): string | undefined {
  // What ends a host in a URL would be cut off.
  const domain = text.length > 255 || /[\s/?#@:\\%]/.test(text) ? '' : domainToASCII(text);
  return domainForm.test(domain) ? domain : undefined;
}

export function checkedSignIn(input: IssuerSignInInput, issuerId: string): RequestedSignIn {
  const { clientId, clientSecret, name = issuerId } = input;
  requireLabel(clientId, clientIdLengthMax, 'clientId');
  if (clientSecret != null) requireLabel(clientSecret, secretLengthMax, 'clientSecret');
  requireLabel(name ?? issuerId, nameLengthMax, 'name');
  const emailDomains = checkedList(input.emailDomains ?? [], 'input.signIn.emailDomains', domainsMax).map(
    (text, at) =>
      toEmailDomain(text) ??
      badInput(`input.signIn.emailDomains[${at}]`, 'must be a domain such as example.com.'),
  );
  return { clientId, clientSecret, name: name ?? issuerId, emailDomains: [...new Set(emailDomains)] };
}

function requireLabel(value: string, max: number, field: string): void {
  if (isLabel(value, max)) return;
  badInput(`input.signIn.${field}`, `must be 1 to ${max} printable characters without space at the ends.`);
}

/** BAD_USER_INPUT where the issuer has no addresses for sign-in. */
export async function requireSignIn({ issuer }: IssuerRecord, deps: TenantsDeps): Promise<void> {
  try {
    await fetchProviderServer(issuer, deps.outboundFetch ?? noFetch);
  } catch (error) {
    if (!(error instanceof IssuerFailure)) throw error;
    badInput('input.signIn', `cannot be used: ${error.message}`);
  }
}

/** The sign-in as it is stored, beside the former record of the issuer. CONFLICT where another issuer has one of its domains. */
export async function toStoredSignIn(
  requested: RequestedSignIn,
  issuer: IssuerRecord,
  before: IssuerRecord | null,
  deps: TenantsDeps,
): Promise<IssuerSignIn> {
  const { _id, issuer: url } = issuer;
  const { clientSecret, ...signIn } = requested;
  const others = { _id: { $ne: _id }, 'signIn.emailDomains': { $in: signIn.emailDomains } };
  const other =
    signIn.emailDomains.length === 0 ? null : await issuers(deps.connection).findOne(others).lean();
  if (other !== null) {
    throw new HeddleError(
      'CONFLICT',
      `The issuer ${JSON.stringify(other._id)} has one of the email domains.`,
    );
  }
  if (clientSecret === null) return { ...signIn, clientSecret };
  const client = { _id, issuer: url, clientId: signIn.clientId };
  if (clientSecret !== undefined) {
    return { ...signIn, clientSecret: await sealClientSecret(clientSecret, client, readBoxes(deps)) };
  }
  const former = before?.signIn ?? null;
  const isSame = before?.issuer === url && former?.clientId === signIn.clientId;
  // A secret is for the issuer that it was entered for.
  if (former?.clientSecret != null && !isSame) {
    badInput(
      'input.signIn.clientSecret',
      'must be stated, or null: the issuer or the ID of the client has changed.',
    );
  }
  return { ...signIn, clientSecret: isSame ? (former?.clientSecret ?? null) : null };
}

function readBoxes({ secrets }: TenantsDeps) {
  if (secrets === undefined) throw createOverloadedError('Nothing can be sealed here.');
  return secrets;
}
