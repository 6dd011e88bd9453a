import { type DocumentNode, parse } from 'graphql';
import { type Caller, systemCaller } from '#core/caller.ts';
import { HeddleError, isErrorCode } from '#core/errors.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import type { CallerContext } from './caller.ts';

/** A session that was started. */
export interface NewSession {
  /** The text of its cookie. */
  readonly cookie: string;
  readonly expiresAtMs: number;
  readonly lifetimeSeconds: number;
}

/** What a sign-in at an identity provider is begun with. */
export interface SignInTarget {
  /** Where browsers come back to, without the ID of an issuer. */
  readonly redirectUri: string;
  readonly returnPath: string;
  /** Null: the tenant that the provider states, or the first that has the person as a member. */
  readonly tenantId: string | null;
  /** The issuer to sign in at; null: the one for the domain, or the only one. */
  readonly issuerId: string | null;
  /** The domain of an email address; null: none was named. */
  readonly emailDomain: string | null;
}

/** What a person chooses from where there are several identity providers. */
export interface SignInChoices {
  readonly providers: readonly { readonly id: string; readonly name: string }[];
  /** Whether others are found by the domain of an email address. */
  readonly hasDomains: boolean;
}

/** Where the browser goes, and the text of the cookie that it keeps meanwhile. */
export interface SignInRedirect {
  readonly url: string;
  readonly state: string;
}

/** The address that the browser comes back to, its query apart, and the text of its cookie. */
export interface ReturnedSignIn {
  readonly redirectUri: string;
  readonly query: string;
  readonly state: string;
}

/** What a person who has signed in may accept, and the text of the cookie that its browser keeps meanwhile. */
export interface InvitationOffer {
  readonly state: string;
  readonly tenantName: string;
  readonly role: string;
  readonly person: string;
}

/** Where a person who has accepted an invitation signs in. */
export interface AcceptedInvitation {
  readonly tenantId: string;
  readonly issuerId: string;
}

/** What a person who comes back from the identity provider gets: a session, or the invitation whose link it opened; null: that has ended. */
export type SignInOutcome =
  | (NewSession & { readonly returnPath: string; readonly invitation?: never })
  | { readonly invitation: InvitationOffer | null };

/** Starts and ends browser sessions, which the tenants subgraph keeps. */
export interface BrowserSessions {
  /** Rejects with FORBIDDEN for what is no API key, OVERLOADED where the subgraph cannot be reached. */
  start(caller: Caller, context: CallerContext): Promise<NewSession>;
  /** Begins a sign-in at an identity provider, or states what there is to choose from; null where none is configured. NOT_FOUND for one that is not. */
  begin(target: SignInTarget, context: CallerContext): Promise<SignInRedirect | SignInChoices | null>;
  /** Starts the session of a person who comes back from the identity provider, unless it began with an invitation. */
  finish(returned: ReturnedSignIn, context: CallerContext): Promise<SignInOutcome>;
  /** Begins the sign-in with which the invitation of a link is accepted; null where that cannot be used. */
  beginInvitation(
    secret: string,
    redirectUri: string,
    context: CallerContext,
  ): Promise<SignInRedirect | null>;
  /** Accepts what the browser was offered; null where the invitation has ended meanwhile. */
  acceptInvitation(state: string, context: CallerContext): Promise<AcceptedInvitation | null>;
  /** Ends the session of the caller; `everywhere`: all of its key or person. Resolves with where the provider ends its own; null: nowhere. */
  end(caller: Caller, everywhere: boolean, context: CallerContext): Promise<string | null>;
}

const startDocument = parse('mutation { _startSession }', { noLocation: true });
const endDocument = parse('mutation ($everywhere: Boolean!) { _endSession(everywhere: $everywhere) }', {
  noLocation: true,
});

const beginDocument = parse(
  `mutation ($redirectUri: String!, $returnPath: String!, $tenantId: ID, $issuerId: ID, $emailDomain: String) {
    _beginSignIn(
      redirectUri: $redirectUri, returnPath: $returnPath, tenantId: $tenantId, issuerId: $issuerId, emailDomain: $emailDomain
    )
  }`,
  { noLocation: true },
);
const finishDocument = parse(
  `mutation ($query: String!, $state: String!, $redirectUri: String!) {
    _finishSignIn(querySecret: $query, stateSecret: $state, redirectUri: $redirectUri)
  }`,
  { noLocation: true },
);

const beginInvitationDocument = parse(
  `mutation ($secret: String!, $redirectUri: String!) {
    _beginInvitation(invitationSecret: $secret, redirectUri: $redirectUri)
  }`,
  { noLocation: true },
);
const acceptDocument = parse('mutation ($state: String!) { _acceptInvitation(stateSecret: $state) }', {
  noLocation: true,
});

/** The sessions of the tenants subgraph. */
export function createSessions(tenants: SubgraphExecutor): BrowserSessions {
  const run = async (
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    caller: Caller,
    context: CallerContext,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const result = await tenants.execute({ document, variables, caller, ...context });
    if (Symbol.asyncIterator in result) throw new Error('The tenants subgraph answered with a stream.');
    const [error] = result.errors ?? [];
    if (error !== undefined) {
      const { code } = error.extensions ?? {};
      if (!isErrorCode(code) || code === 'INTERNAL') {
        throw new Error('The tenants subgraph could not keep a session.', { cause: error });
      }
      throw new HeddleError(code, error.message);
    }
    return result.data ?? {};
  };
  return {
    async start(caller, context) {
      const { _startSession } = await run(startDocument, {}, caller, context);
      return _startSession as NewSession;
    },
    async begin(target, context) {
      const { _beginSignIn } = await run(beginDocument, { ...target }, systemCaller, context);
      return (_beginSignIn as SignInRedirect | SignInChoices | null | undefined) ?? null;
    },
    async finish(returned, context) {
      const { _finishSignIn } = await run(finishDocument, { ...returned }, systemCaller, context);
      return _finishSignIn as SignInOutcome;
    },
    async beginInvitation(secret, redirectUri, context) {
      const variables = { secret, redirectUri };
      const { _beginInvitation } = await run(beginInvitationDocument, variables, systemCaller, context);
      return (_beginInvitation as SignInRedirect | null | undefined) ?? null;
    },
    async acceptInvitation(state, context) {
      const { _acceptInvitation } = await run(acceptDocument, { state }, systemCaller, context);
      return (_acceptInvitation as AcceptedInvitation | null | undefined) ?? null;
    },
    async end(caller, everywhere, context) {
      const { _endSession } = await run(endDocument, { everywhere }, caller, context);
      return typeof _endSession === 'string' ? _endSession : null;
    },
  };
}
