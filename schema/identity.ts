import { createHash, createSecretKey, type KeyObject, randomUUID } from 'node:crypto';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import type { Caller } from './caller.ts';
import { HeddleError } from './errors.ts';

/** What a gateway vouches for when it calls a subgraph in another process. */
export interface IdentityClaims {
  readonly caller: Caller;
  readonly requestId: string;
  readonly clientRequestId?: string | null | undefined;
  readonly clientAddress: string | null;
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
const secretBytesMin = 32;
const algorithm = 'HS256';
const issuer = 'heddle-gateway';

/** The secret as a key. Throws where it is too short to sign with (HS256 wants 256 bits, RFC 7518 section 3.2). */
function keyOf(secret: string): KeyObject {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < secretBytesMin) {
    throw new RangeError(`The mesh secret has ${bytes.length} bytes; at least ${secretBytesMin} are needed.`);
  }
  return createSecretKey(bytes);
}

const keysMax = 16;
const keys = new Map<string, KeyObject>();

function rememberedKeyOf(secret: string): KeyObject {
  let key = keys.get(secret);
  if (key === undefined) {
    if (keys.size >= keysMax) keys.clear();
    key = keyOf(secret);
    keys.set(secret, key);
  }
  return key;
}

/** SHA-256, in hex, of the query, the variables as JSON and the operation's name, a line break between each. */
export function operationDigest(operation: IdentityOperation): string {
  return createHash('sha256')
    .update(operation.query)
    .update('\n')
    .update(JSON.stringify(operation.variables ?? null))
    .update('\n')
    .update(operation.operationName ?? '')
    .digest('hex');
}

/** A token that lets one subgraph (the audience) run one operation for one caller, once, within thirty seconds. */
export async function signIdentity(
  secret: string,
  audience: string,
  claims: IdentityClaims,
  operation: IdentityOperation,
  now: () => number = Date.now,
): Promise<string> {
  const issuedAt = Math.floor(now() / 1000);
  return new SignJWT({
    caller: claims.caller,
    requestId: claims.requestId,
    ...(claims.clientRequestId == null ? {} : { clientRequestId: claims.clientRequestId }),
    clientAddress: claims.clientAddress,
    operation: operationDigest(operation),
  })
    .setProtectedHeader({ alg: algorithm })
    .setIssuer(issuer)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + identityLifetimeSeconds)
    .sign(rememberedKeyOf(secret));
}

export interface IdentityVerifier {
  /**
   * The claims of a token that was signed for exactly this operation and was not seen before. Throws HeddleError
   * UNAUTHENTICATED for anything else, OVERLOADED when more tokens are in force than can be remembered.
   */
  verify(token: string, operation: IdentityOperation): Promise<IdentityClaims>;
}

/** Remembers each token for as long as it could be presented again, in two generations of one lifetime each. */
class SeenTokens {
  readonly #max: number;
  readonly #generationMs = (identityLifetimeSeconds + 2 * clockToleranceSeconds) * 1000;
  #young = new Set<string>();
  #old = new Set<string>();
  #bornAtMs: number;

  constructor(max: number, nowMs: number) {
    this.#max = max;
    this.#bornAtMs = nowMs;
  }

  /** False when the token was seen before. */
  add(jti: string, nowMs: number): boolean {
    if (nowMs - this.#bornAtMs >= this.#generationMs) {
      this.#old = nowMs - this.#bornAtMs >= 2 * this.#generationMs ? new Set() : this.#young;
      this.#young = new Set();
      this.#bornAtMs = nowMs;
    }
    if (this.#young.has(jti) || this.#old.has(jti)) return false;
    if (this.#young.size + this.#old.size >= this.#max) {
      throw new HeddleError('OVERLOADED', 'Too many identity tokens are in force; try again shortly.', {
        extensions: { retryAfterMs: 1000 },
      });
    }
    this.#young.add(jti);
    return true;
  }
}

function refused(reason: string, cause?: unknown): HeddleError {
  return new HeddleError(
    'UNAUTHENTICATED',
    `The identity token ${reason}.`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * Checks tokens that signIdentity made with the same secret for this subgraph; one verifier per process remembers
 * what it saw.
 */
export function createIdentityVerifier(
  secret: string,
  audience: string,
  options: { readonly now?: () => number; readonly rememberedMax?: number } = {},
): IdentityVerifier {
  const key = keyOf(secret);
  const now = options.now ?? Date.now;
  const seen = new SeenTokens(options.rememberedMax ?? 1_000_000, now());
  return {
    async verify(token, operation) {
      const nowMs = now();
      const payload = await jwtVerify(token, key, {
        algorithms: [algorithm],
        issuer,
        audience,
        currentDate: new Date(nowMs),
        clockTolerance: clockToleranceSeconds,
        maxTokenAge: identityLifetimeSeconds,
        requiredClaims: ['caller', 'requestId', 'clientAddress', 'operation', 'jti', 'iat', 'exp'],
      }).then(
        (verified) => verified.payload,
        (error: unknown) => {
          const stale = error instanceof joseErrors.JWTExpired;
          throw refused(stale ? 'is stale' : 'is missing or was not made by this mesh', error);
        },
      );
      if (payload.operation !== operationDigest(operation)) throw refused('was made for another operation');
      if (!seen.add(String(payload.jti), nowMs)) throw refused('was used before');
      return {
        caller: payload.caller as Caller,
        requestId: String(payload.requestId),
        clientRequestId: typeof payload.clientRequestId === 'string' ? payload.clientRequestId : null,
        clientAddress: typeof payload.clientAddress === 'string' ? payload.clientAddress : null,
      };
    },
  };
}
