import { type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { readTraceContext, type TraceContext, toTraceparent } from '#core/tracing/trace-context.ts';
import { digestTexts } from './framed-digest.ts';

/** What a gateway vouches for when it calls a subgraph in another process. */
export interface IdentityClaims {
  readonly caller: Caller;
  readonly requestId: string;
  readonly clientRequestId?: string | null | undefined;
  readonly clientAddress: string | null;
  readonly trace?: TraceContext | undefined;
}

/** The operation that a token is good for: nothing in it can be changed without the token being refused. */
export interface IdentityOperation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/** Seconds for which a token is accepted after it was signed. */
const identityLifetimeSeconds = 30;

/** The HTTP header that carries the token; over graphql-ws it is `extensions.identity` of each subscribe payload. */
export const identityHeader = 'heddle-identity';

const clockToleranceSeconds = 5;
/** How long a used token is remembered: until none could accept it any more. */
const rememberedMs = (identityLifetimeSeconds + 2 * clockToleranceSeconds) * 1000;
const tokenCharactersMax = 64 * 1024;
const issuer = 'heddle-gateway';
/** The one header that is written and accepted: a token cannot choose how it is verified. */
const header = Buffer.from('{"alg":"EdDSA","typ":"JWT"}').toString('base64url');

/** The digest of an operation; a name or variables that are absent differ from empty ones. */
export function operationDigest({ query, variables, operationName }: IdentityOperation): string {
  return digestTexts(
    query,
    variables === undefined || variables === null ? null : JSON.stringify(variables),
    operationName ?? null,
  );
}

/** Where a token is good. */
export interface IdentityAudience {
  /** The subgraph. */
  readonly subgraph: string;
  /** The one process of it, where processes do not share which tokens were used. */
  readonly instance?: string | undefined;
}

/** A token that lets one subgraph run one operation for one caller, once, within thirty seconds. */
export function signIdentity(
  signingKey: KeyObject,
  { subgraph, instance }: IdentityAudience,
  claims: IdentityClaims,
  operation: IdentityOperation,
  now: () => number = Date.now,
): string {
  const issuedAt = Math.floor(now() / 1000);
  const payload = JSON.stringify({
    iss: issuer,
    aud: subgraph,
    instance,
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + identityLifetimeSeconds,
    operation: operationDigest(operation),
    caller: claims.caller,
    requestId: claims.requestId,
    clientRequestId: claims.clientRequestId ?? undefined,
    clientAddress: claims.clientAddress,
    traceparent: claims.trace && toTraceparent(claims.trace),
    tracestate: claims.trace?.state,
  });
  const signed = `${header}.${Buffer.from(payload).toString('base64url')}`;
  return `${signed}.${sign(null, Buffer.from(signed), signingKey).toString('base64url')}`;
}

/** What the verifier needs of `UsedTokens` (state/tokens). */
interface Used {
  readonly shared: boolean;
  add(id: string, rememberedMs: number): Promise<boolean>;
}

export interface IdentityVerifier {
  /**
   * The claims of a token that was signed for exactly this operation and was not used before. Throws HeddleError
   * UNAUTHENTICATED for anything else, with `notBegun` and the `instance` to sign for when the token names another
   * process; OVERLOADED when it cannot be known whether the token was used.
   */
  verify(token: string, operation: IdentityOperation): Promise<IdentityClaims>;
}

function refused(reason: string, extensions: Readonly<Record<string, unknown>> = {}): HeddleError {
  return new HeddleError('UNAUTHENTICATED', `The identity token ${reason}.`, { extensions });
}

/** The payload of a token that one of the keys verifies. */
function readToken(token: string, publicKeys: readonly KeyObject[]): Record<string, unknown> {
  const foreign = refused('is missing or was not made by this mesh');
  const [head, body = '', signature = '', ...rest] = token.split('.');
  if (head !== header || rest.length > 0 || token.length > tokenCharactersMax) throw foreign;
  const signed = Buffer.from(`${head}.${body}`);
  const bytes = Buffer.from(signature, 'base64url');
  if (!publicKeys.some((key) => verify(null, signed, key, bytes))) throw foreign;
  const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
  if (typeof payload !== 'object' || payload === null) throw foreign;
  return payload as Record<string, unknown>;
}

function checkTime({ iat, exp }: Record<string, unknown>, nowMs: number): void {
  const now = nowMs / 1000;
  if (typeof iat !== 'number' || typeof exp !== 'number') throw refused('has no time');
  if (exp - iat > identityLifetimeSeconds) throw refused('lives longer than a token may');
  if (iat > now + clockToleranceSeconds) throw refused('comes from the future: compare the clocks');
  if (exp < now - clockToleranceSeconds) throw refused('is stale');
}

/**
 * Checks the tokens that gateways sign for a subgraph. Where processes do not share which tokens were used, a token must
 * name the process (`instance`), so that no other process, and not the same after a restart, takes it again.
 */
export function createIdentityVerifier(options: {
  readonly publicKeys: readonly KeyObject[];
  /** The subgraph that this process serves. */
  readonly audience: string;
  readonly used: Used;
  readonly now?: () => number;
}): IdentityVerifier {
  const { publicKeys, audience, used, now = Date.now } = options;
  const instance = randomUUID();
  return {
    async verify(token, operation) {
      const payload = readToken(token, publicKeys);
      if (payload.iss !== issuer || payload.aud !== audience) throw refused('was made for another subgraph');
      checkTime(payload, now());
      if (payload.operation !== operationDigest(operation)) throw refused('was made for another operation');
      if (!used.shared && payload.instance !== instance) {
        throw refused('was made for another process', { notBegun: true, instance });
      }
      const { jti, caller, requestId, clientRequestId, clientAddress } = payload;
      if (typeof jti !== 'string' || typeof requestId !== 'string' || typeof caller !== 'object') {
        throw refused('is incomplete');
      }
      if (!(await used.add(jti, rememberedMs))) throw refused('was used before');
      return {
        caller: caller as Caller,
        requestId,
        clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
        clientAddress: typeof clientAddress === 'string' ? clientAddress : null,
        trace: readTraceContext(payload.traceparent, payload.tracestate),
      };
    },
  };
}
