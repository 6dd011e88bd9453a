/** The message for an anonymous caller of a field that requires authentication. */
export function requiresAuthentication(coordinate: string): string {
  return `${coordinate} requires authentication: send \`authorization: Bearer <API key>\`.`;
}

/** The message for a caller that lacks scopes: each entry is one @requiresScopes, an OR of ANDs. */
export function requiresScopes(
  coordinate: string,
  demands: readonly (readonly (readonly string[])[])[],
): string {
  const named = demands.map((sets) => sets.map((set) => set.join(' and ')).join(', or ')).join('; and ');
  return `${coordinate} requires the scope ${named}.`;
}
