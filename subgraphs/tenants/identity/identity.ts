/** Who a verified token stands for, as the claims and rules of its issuer state: plain JSON. */
export interface Identity {
  readonly issuerId: string;
  /** The claim `iss`. */
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly tenantId: string;
  /** The name of the role; null: the token grants `scopes` and no role. */
  readonly role: string | null;
  /** What the scopes of the role are narrowed to; null: they are not. */
  readonly scopes: readonly string[] | null;
  readonly appId: string | null;
  /** The end user that the caller is bound to; null: none. */
  readonly endUserId: string | null;
}
