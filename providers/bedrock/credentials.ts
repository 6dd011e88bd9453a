/** An IAM key pair (`AKIA…:secret[:session token]`); anything else is a bearer key. */
const keyPairPattern = /^(A[A-Z0-9]{3}[A-Z0-9]{12,}):([^:]+)(?::(.+))?$/;

/** What signs requests by signature version 4. */
export interface IamKeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The key pair of a secret; null: it is a bearer key. */
export function parseKeyPair(secret: string): IamKeyPair | null {
  const pair = keyPairPattern.exec(secret);
  if (pair === null) return null;
  const [, accessKeyId = '', secretAccessKey = '', sessionToken] = pair;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** Regions are a part of the host. */
export function isBedrockRegion(region: string | null): region is string {
  return region !== null && /^[a-z0-9-]+$/.test(region);
}
