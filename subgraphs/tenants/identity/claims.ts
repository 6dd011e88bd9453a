/** The claims of a token. */
export type Claims = Readonly<Record<string, unknown>>;

function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value at a path: the claim of exactly that name, dots included, or nested ones with dots between their names. Names may
 * have dots themselves (`kubernetes.io.namespace` of `{ "kubernetes.io": { "namespace" } }`); the longest one counts.
 */
function readClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const inner = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (!isClaims(inner)) continue;
    const value = readClaim(inner, path.slice(dot + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The text at a path; undefined where there is none, or it is no text of 1 to `max` printable characters. */
export function readText(claims: Claims, path: string | null, max: number): string | undefined {
  const value = path === null ? undefined : readClaim(claims, path);
  if (typeof value !== 'string' || value === '' || value.length > max) return undefined;
  return /\p{C}/u.test(value) ? undefined : value;
}

/** The texts at a path: of a list its texts, of a text the words between spaces. Undefined where there are none. */
export function readWords(claims: Claims, path: string): readonly string[] | undefined {
  const value = readClaim(claims, path);
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  if (!Array.isArray(value)) return undefined;
  return value.filter((one) => typeof one === 'string');
}

/**
 * Whether the issuer states that the person receives mail at the address in `email`; undefined: it states nothing. Several providers
 * state it as a text, and what is neither true nor "true" verifies nothing.
 */
export function readEmailVerified(claims: Claims): boolean | undefined {
  const { email_verified: stated } = claims;
  return stated === undefined ? undefined : stated === true || stated === 'true';
}

/** Whether the claim at the path is the value, or a list that holds it. Booleans and numbers are compared as their JSON. */
export function hasClaim(claims: Claims, path: string, value: string): boolean {
  // An address that the issuer has not verified may be another person's.
  if (path === 'email' && readEmailVerified(claims) === false) return false;
  const found = readClaim(claims, path);
  return Array.isArray(found) ? found.some((one) => isValue(one, value)) : isValue(found, value);
}

function isValue(found: unknown, value: string): boolean {
  if (typeof found === 'string') return found === value;
  return (typeof found === 'boolean' || typeof found === 'number') && String(found) === value;
}
