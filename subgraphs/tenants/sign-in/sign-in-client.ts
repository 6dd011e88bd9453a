/** What this mesh is to the identity provider that people sign in at. */
export interface SignInClient {
  /** The issuer that it is registered with. */
  readonly issuerId: string;
  readonly clientId: string;
  /** Absent: a public client, which PKCE alone protects. */
  readonly clientSecret?: string | undefined;
}
