/** A tool that a vendor runs, in the vendor's own form. */
type Tool = Readonly<Record<string, unknown>>;

/** JSON Schemas, whose properties may have any name. */
const schemas: ReadonlySet<string> = new Set(['parameters', 'input_schema', 'output_schema']);
/** Fields whose values are credentials: of a remote MCP server, and of the hosts that a container may call. */
const credentials: ReadonlySet<string> = new Set([
  ...['authorization', 'authorization_token', 'headers', 'domain_secrets'],
]);
/** Shorter texts are no credentials, and stand in other texts as well. */
const secretLengthMin = 8;
/** Words of an address are shorter. */
const segmentLengthMin = 16;
const depthMax = 16;

function isRecord(value: unknown): value is Tool {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The scheme, host and port of an address; null for what is none. */
function toOrigin(url: unknown): string | null {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  return parsed === null || parsed.origin === 'null' ? null : parsed.origin;
}

function strip(value: unknown, writeAddress: (url: unknown) => unknown, depth = 0): unknown {
  if (depth > depthMax) return null;
  if (Array.isArray(value)) return value.map((one) => strip(one, writeAddress, depth + 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      if (credentials.has(name)) return [];
      if (schemas.has(name)) return [[name, field]];
      return [[name, name === 'server_url' ? writeAddress(field) : strip(field, writeAddress, depth + 1)]];
    }),
  );
}

/** The tool without the credentials that it holds. */
export function withoutToolSecrets<T extends Tool>(tool: T): T {
  return strip(tool, (url) => url) as T;
}

/** The tool as it may be stored and shown: of the address of a server the origin alone, since many have a token in their path. */
export function toShownTool<T extends Tool>(tool: T): T {
  return strip(tool, toOrigin) as T;
}

function* listTexts(value: unknown, depth = 0): Generator<string, void, void> {
  if (typeof value === 'string') yield value;
  else if (depth <= depthMax && typeof value === 'object' && value !== null) {
    for (const field of Object.values(value)) yield* listTexts(field, depth + 1);
  }
}

/** A part of an address without its escapes; as it is where they are none. */
function decode(part: string): string {
  const text = part.replaceAll('+', ' ');
  try {
    return decodeURIComponent(text);
  } catch {
    // Any error: what is no escape stands for itself.
    return text;
  }
}

/** What of an address may be a token, as it is written there and as it is meant. */
function* listAddressSecrets(url: unknown): Generator<string, void, void> {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed === null) return;
  const { username, password, search, hash, pathname } = parsed;
  const segments = pathname.split('/').filter((segment) => segment.length >= segmentLengthMin);
  const values = `${search}&${hash.slice(1)}`.split(/[?&]/).map((one) => one.slice(one.indexOf('=') + 1));
  for (const written of [username, password, ...segments, ...values]) {
    yield written;
    const meant = decode(written);
    if (meant !== written) yield meant;
  }
}

function* find(value: unknown, depth: number): Generator<string, void, void> {
  if (depth > depthMax || typeof value !== 'object' || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    if (name === 'server_url') yield* listAddressSecrets(field);
    else if (name === 'domain_secrets' && Array.isArray(field)) {
      for (const one of field) yield* listTexts(isRecord(one) ? one.value : one);
    } else if (credentials.has(name)) yield* listTexts(field);
    else if (!schemas.has(name)) yield* find(field, depth + 1);
  }
}

/** The credentials in tools that a vendor runs, the longest first; each without its scheme, such as `Bearer`. Empty for nearly all. */
export function listToolSecrets(tools: readonly Tool[]): readonly string[] {
  const found = new Set<string>();
  for (const text of find(tools, 0)) {
    for (const word of text.split(/\s+/)) if (word.length >= secretLengthMin) found.add(word);
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** The value with `***` in the place of each secret in its texts. */
export function redactValues<T>(value: T, secrets: readonly string[]): T {
  return (secrets.length === 0 ? value : redact(value, secrets, 0)) as T;
}

function redact(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === 'string') {
    return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), value);
  }
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return value;
  if (depth > depthMax) return null;
  if (Array.isArray(value)) return value.map((one) => redact(one, secrets, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, redact(field, secrets, depth + 1)]),
  );
}
