/** Paths of calls, which vendors' pages show whole: a base URL ends above them. */
const endpoints = [
  /\/(?:chat\/)?completions$/,
  /\/(?:responses|messages|embeddings|models)$/,
  /\/(?:v\d+\/(?:chat|embed)|api\/(?:chat|generate|embed|tags))$/,
  /\/models\/[^/]+:\w+$/,
  /\/model\/[^/]+\/(?:converse|converse-stream|invoke|invoke-with-response-stream)$/,
];
/** How much of a match is the call's: a version stays. */
const version = /^\/v\d+/;

/** The path of a call at the end of a base URL's path, such as /chat/completions; null for none. */
export function endpointOfPath(path: string): string | null {
  const lower = path.replace(/\/+$/, '').toLowerCase();
  for (const endpoint of endpoints) {
    const [found] = endpoint.exec(lower) ?? [];
    if (found !== undefined) return found.replace(version, '');
  }
  return null;
}
