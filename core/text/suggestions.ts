/** A message of graphql-js without the names of the schema that it suggests. */
export function withoutSuggestion(message: string): string {
  const at = message.indexOf(' Did you mean ');
  return at === -1 ? message : message.slice(0, at);
}
