import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { parseCountLimits } from '#core/count-limits.ts';
import { parseAllowList } from '#core/egress.ts';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import { isNetwork } from '#gateway/auth/client-address.ts';
import { exposures, introspectionExposures } from '#gateway/auth/exposure.ts';
import { isIssuerUrl } from '#subgraphs/tenants/identity/issuer-url.ts';
import { keyLimitsDefault, tenantLimitsDefault } from '#subgraphs/tenants/limits/default-limits.ts';
import { readMeshSecrets, readPublicKeys, readSigningKey } from '#transport/mesh-keys.ts';
import { mailVariables } from './mail/mail-variables.ts';
import { metricsVariables } from './metrics/metrics-variables.ts';
import { rootKeyVariables } from './root-keys/root-key-variables.ts';
import { tracesVariables } from './traces/traces-variables.ts';
import {
  choice,
  hasEncodedPassword,
  integer,
  isRepeatable,
  isValid,
  limits,
  meshKey,
  networksIn,
  port,
  subgraphPort,
  subgraphUrl,
  unencoded,
  url,
  type Variable,
  variable,
} from './variable-types.ts';
import { workerVariables } from './workers/worker-variables.ts';

/** A start that cannot continue: one clear line for the operator, and exit code 1. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

/** Every variable that Heddle itself reads. Providers' own (OPENAI_API_KEY …) stand in each vendor's vendor.ts. */
export const variables = {
  HOST: variable(z.string().min(1).default('127.0.0.1'), 'Address to listen on.'),
  PORT: variable(port(4000), 'Port of the gateway; 0 picks a free one.'),
  HEDDLE_DATA_DIR: variable(
    z.string().min(1).default('./data'),
    'Where the embedded store and the encryption key are kept.',
  ),
  HEDDLE_ADMIN_KEY: variable(
    z
      .string()
      .regex(
        /^hd_[A-Za-z0-9_-]{37,}$/,
        'must begin with hd_ and have 40 characters or more (A-Z a-z 0-9 _ -)',
      )
      .optional(),
    'Is the admin API key, instead of one made on the first start; a changed text replaces the former one, which ends.',
    true,
  ),
  HEDDLE_NEW_ADMIN_KEY_FILE: variable(
    z.string().min(1).optional(),
    'File (mode 0600) that receives the admin key made on the first start, which is then not printed.',
  ),
  HEDDLE_ENCRYPTION_KEY: variable(
    z
      .string()
      .regex(/^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$/, 'must be 32 bytes as 64 hex digits or as base64')
      .optional(),
    'Wraps the data keys that provider keys and payloads are sealed with (AES-256-GCM). Unset: a key file of mode 0600 is made in the data directory, unless `HEDDLE_ROOT_KEY` is set.',
    true,
  ),
  HEDDLE_ENCRYPTION_KEY_PREVIOUS: variable(
    z
      .string()
      .regex(
        /^\s*([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)(\s*,\s*([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=))*\s*$/,
        'must be keys of 32 bytes as 64 hex digits or as base64, separated by commas',
      )
      .optional(),
    'Former encryption keys, comma-separated: they still open what they sealed and wrapped, until `npm start -- keys rotate` has run.',
    true,
  ),
  ...rootKeyVariables,
  HEDDLE_AUDIT_ANCHOR_FILE: variable(
    z.string().min(1).optional(),
    'File to which signed ends of the audit chains are appended: outside of the data directory, where the administrators of the store do not write.',
  ),
  HEDDLE_AUDIT_ANCHOR_URL: variable(
    url('https:', 'http:').refine(hasEncodedPassword, unencoded).optional(),
    'Address to which the same is sent with POST.',
    true,
  ),
  HEDDLE_AUDIT_ANCHOR_MINUTES: variable(integer(1, 10_080, 60), 'How often that is done, in minutes.'),
  HEDDLE_AUDIT_RETENTION_DAYS: variable(
    z
      .string()
      .regex(/^[1-9][0-9]{0,4}$/, 'must be a number of days')
      .transform(Number)
      .optional(),
    'After how many days records of changes are removed from the audit log. Unset: never.',
  ),
  HEDDLE_EGRESS_ALLOW: variable(
    z
      .string()
      .optional()
      .refine(
        (text) => text === undefined || isValid(parseAllowList)(text),
        'must be hosts separated by commas: names, *.example.com, addresses, or networks such as 10.1.0.0/16',
      ),
    'The only hosts that providers may be called at: names, `*.example.com`, addresses and networks, separated by commas. Unset: any. Link-local and metadata addresses are never called.',
  ),
  HEDDLE_OIDC_ISSUER: variable(
    z
      .string()
      .refine(isIssuerUrl, 'must be an https URL (http for loopback), without query and fragment')
      .optional(),
    'The issuer whose JWTs are accepted beside API keys, saved as the issuer `default`: the claim `iss`, exactly.',
  ),
  HEDDLE_OIDC_AUDIENCE: variable(
    z
      .string()
      .regex(/^\s*[^\s,*]+(\s*,\s*[^\s,*]+){0,19}\s*$/, 'must be 1 to 20 audiences, separated by commas')
      .default('heddle'),
    'The audiences, separated by commas, one of which the claim `aud` of its tokens must have.',
  ),
  HEDDLE_MESH_KEY: variable(
    meshKey(readSigningKey).optional(),
    'Signs the identity of callers for subgraphs in other processes. For gateways alone; made by `npm start -- mesh-key`.',
    true,
  ),
  HEDDLE_MESH_PUBLIC_KEYS: variable(
    meshKey(readPublicKeys).optional(),
    'The public keys of the gateways, for subgraphs: one, or two separated by a comma while the key changes.',
  ),
  HEDDLE_MESH_SECRET: variable(
    meshKey(readMeshSecrets).optional(),
    'Authenticates what subgraphs answer over plain HTTP; the same in every process. Not needed with TLS. Two separated by a comma while it changes: the first one signs, both verify. A comma within a secret is written `\\,`.',
    true,
  ),
  HEDDLE_MESH_PLAINTEXT: variable(
    z.enum(['refused', 'allowed'], "must be 'refused' or 'allowed'").default('refused'),
    'Whether parts may speak plain HTTP with each other beyond loopback: `refused` or `allowed`.',
  ),
  HEDDLE_REFUSE_WEAK_SECRETS: variable(
    choice('on', 'off').optional(),
    'Whether secrets that could be guessed stop the start (`on`) or are only logged (`off`). Unset: `on` unless `HOST` is loopback.',
  ),
  HEDDLE_TLS_CERT: variable(
    z.string().min(1).optional(),
    'PEM file of the certificate of this process, for connections between parts.',
  ),
  HEDDLE_TLS_KEY: variable(z.string().min(1).optional(), 'PEM file of the key of that certificate.'),
  HEDDLE_TLS_CA: variable(
    z.string().min(1).optional(),
    'PEM file of the authorities that are trusted for other parts, MongoDB and Redis.',
  ),
  HEDDLE_PUBLIC_TLS_CERT: variable(
    z.string().min(1).optional(),
    'PEM file of the certificate for clients: the gateway then serves HTTPS.',
  ),
  HEDDLE_PUBLIC_TLS_KEY: variable(z.string().min(1).optional(), 'PEM file of the key of that certificate.'),
  MONGO_URL: variable(
    z
      .string()
      .regex(
        /^(mongodb(\+srv)?:\/\/.+|embedded:.+)$/,
        'must begin with mongodb://, mongodb+srv:// or embedded:',
      )
      .refine(hasEncodedPassword, unencoded)
      .optional(),
    'The store of record. Unset: `embedded:` in the data directory.',
    true,
  ),
  HEDDLE_STORE_PASSWORD: variable(
    z.string().min(16, 'must have 16 characters or more').optional(),
    'Password of the user `heddle` of `npm start -- store`. Unset: in a file of mode 0600 beside its directory.',
    true,
  ),
  REDIS_URL: variable(
    url('redis:', 'rediss:').refine(hasEncodedPassword, unencoded).optional(),
    'What processes share: meters, stream logs, cache, bus. Unset: memory, right for one process.',
    true,
  ),
  LOG_LEVEL: variable(
    choice('silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace').default('info'),
    'How much is logged, as JSON lines on standard error.',
  ),
  HEDDLE_BODY_BYTES_MAX: variable(
    integer(1024, 64 * 1024 * 1024, 1024 * 1024),
    'Largest request body and WebSocket message, in bytes.',
  ),
  HEDDLE_CALL_BODY_BYTES_MAX: variable(
    integer(1024, 64 * 1024 * 1024, 32 * 1024 * 1024),
    'Largest body of a call of an AI model over REST (`/v1/…`) with a key, in bytes: a whole conversation with its images and files.',
  ),
  HEDDLE_ANONYMOUS_BODY_BYTES_MAX: variable(
    integer(1024, 64 * 1024 * 1024, 32 * 1024),
    'Largest body and WebSocket message of callers without a key, in bytes.',
  ),
  HEDDLE_BODIES_BYTES_MAX: variable(
    integer(1024 * 1024, 64 * 1024 * 1024 * 1024, 256 * 1024 * 1024),
    'How many bytes of bodies and messages a gateway reads at once; one key, one address, and all callers without a key together may hold a quarter.',
  ),
  HEDDLE_BODY_TIMEOUT_MS: variable(
    integer(100, 600_000, 30_000),
    'How long a body or message may take to arrive for each MiB that it may have, in milliseconds; without a key a third of it.',
  ),
  HEDDLE_STALLED_CLIENT_MS: variable(
    integer(100, 600_000, 60_000),
    'How long a client may take nothing of what is written for it over HTTP before its connection is cut off, in milliseconds.',
  ),
  HEDDLE_REFUSALS_PER_SECOND: variable(
    integer(1, 1_000_000, 20),
    'How many requests of one address may be refused each second before 429; ten times as many at once, five times as many of one key.',
  ),
  HEDDLE_TRUSTED_PROXIES: variable(
    z
      .string()
      .default('')
      .refine(
        (text) => networksIn(text).every(isNetwork),
        'must be addresses or networks such as 10.0.0.0/8, separated by commas',
      ),
    'Trusted proxies, which name the client in `X-Forwarded-For` and `Forwarded`: addresses and networks, separated by commas.',
  ),
  HEDDLE_ACCESS_LOG: variable(
    choice('on', 'off').default('off'),
    'Whether each request has a line in the log: `on` or `off`.',
  ),
  ...metricsVariables,
  ...tracesVariables,
  HEDDLE_INTROSPECTION: variable(
    choice(...introspectionExposures).default('on'),
    'The callers that may read the schema, and get its names suggested in errors: `on`, `authenticated`, `role` (each caller with a key what its scopes reach, without suggestions) or `off`.',
  ),
  HEDDLE_TRUSTED_DOCUMENTS: variable(
    choice('off', 'log', 'enforce').default('off'),
    'What happens to documents that were not pushed, of apps without a mode of their own: `off` accepts them, `log` logs them, `enforce` refuses them. The same for gateways and tenants.',
  ),
  HEDDLE_PERSISTED_QUERIES: variable(
    choice('on', 'off').default('on'),
    'Whether a gateway keeps automatic persisted queries in memory: `on` or `off`.',
  ),
  HEDDLE_EXPLORER: variable(
    choice(...exposures).default('on'),
    'Who gets the Explorer and the page `/prompts/docs`: `on`, `authenticated` (a session, or an API key as the password) or `off`.',
  ),
  HEDDLE_OIDC_CLIENT_ID: variable(
    z.string().min(1).optional(),
    'The client that this mesh is to the issuer `default`: people sign in there. Unset: they sign in with API keys.',
  ),
  HEDDLE_OIDC_CLIENT_SECRET: variable(
    z.string().min(1).optional(),
    'The secret of that client; unset for a public client, which PKCE alone protects.',
    true,
  ),
  ...mailVariables,
  HEDDLE_SESSION_IDLE_MINUTES: variable(
    integer(1, 525_600, 480),
    'After how many minutes without a request a browser session ends.',
  ),
  HEDDLE_SESSION_HOURS: variable(
    integer(1, 8_760, 168),
    'After how many hours a browser session ends, however much it is used.',
  ),
  HEDDLE_DOCUMENT_LENGTH_MAX: variable(
    integer(1_000, 16 * 1024 * 1024, 128 * 1024),
    'How many characters a document may have; long texts belong into variables.',
  ),
  HEDDLE_OPERATIONS_MAX: variable(integer(1, 1_000, 50), 'How many operations a document may have.'),
  HEDDLE_FRAGMENTS_MAX: variable(integer(1, 10_000, 500), 'How many fragments a document may have.'),
  HEDDLE_VARIABLES_MAX: variable(integer(1, 10_000, 250), 'How many variables an operation may declare.'),
  HEDDLE_DEPTH_MAX: variable(integer(1, 100, 16), 'How deep a document may nest.'),
  HEDDLE_ALIASES_MAX: variable(integer(1, 10_000, 100), 'How many aliases a document may use.'),
  HEDDLE_ROOT_FIELDS_MAX: variable(integer(1, 10_000, 50), 'How many root fields an operation may have.'),
  HEDDLE_TOKENS_MAX: variable(integer(10, 1_000_000, 10_000), 'How many lexical tokens a document may have.'),
  HEDDLE_ANONYMOUS_TOKENS_MAX: variable(
    integer(10, 1_000_000, 2_000),
    'How many lexical tokens a document of a caller without a key may have.',
  ),
  HEDDLE_COST_MAX: variable(
    integer(1, 1_000_000_000, 10_000),
    'Largest static cost of an operation, by @cost and @listSize.',
  ),
  HEDDLE_CONNECTIONS_MAX: variable(
    integer(1, 1_000_000, 30_000),
    'How many client connections a gateway holds at once.',
  ),
  HEDDLE_CONNECTIONS_PER_ADDRESS_MAX: variable(
    integer(1, 1_000_000, 2_000),
    'How many connections one address (of IPv6 one /64 network) may hold; ten times as many over loopback.',
  ),
  HEDDLE_ANONYMOUS_SOCKETS_MAX: variable(
    integer(1, 1_000_000, 100),
    'How many WebSockets without a key one address may hold.',
  ),
  HEDDLE_WS_INIT_TIMEOUT_MS: variable(
    integer(100, 600_000, 5_000),
    'How long a WebSocket may stay open without connection_init, in milliseconds.',
  ),
  ...workerVariables,
  HEDDLE_DRAIN_MS: variable(
    integer(0, 600_000, 0),
    'How long a process continues to serve after SIGTERM while `/health/ready` is 503, in milliseconds.',
  ),
  HEDDLE_SHUTDOWN_GRACE_MS: variable(
    integer(0, 600_000, 10_000),
    'How long calls in progress may take to end after the drain time, in milliseconds.',
  ),
  HEDDLE_GUARDRAILS: variable(
    z.string().default(''),
    'Guardrails that look at every input and output, comma-separated; see docs/guardrails.md.',
  ),
  HEDDLE_UNPRICED_MODELS: variable(
    choice('refuse', 'allow').default('refuse'),
    'Whether callers with a hard budget may call AI models without a price: `refuse` or `allow`.',
  ),
  HEDDLE_KEY_LIMITS: variable(
    limits(keyLimitsDefault),
    'Limits of API keys that are created without any, such as `CONCURRENCY=20,COST/DAY=10`; `none` for no limits.',
  ),
  HEDDLE_TENANT_LIMITS: variable(
    limits(tenantLimitsDefault),
    'Limits of the plan `default`, of tenants that are created without a plan, for when that plan is made.',
  ),
  HEDDLE_COUNT_LIMITS: variable(
    z
      .string()
      .default('')
      .refine(isValid(parseCountLimits), 'must be counts such as appsPerTenant=500,keysPerApp=200'),
    'How many there may be of what is created, where it differs from the table in docs/limits-and-errors.md, such as `appsPerTenant=500`.',
  ),
  HEDDLE_MODELS_PORT: subgraphPort('models'),
  HEDDLE_PROMPTS_PORT: subgraphPort('prompts'),
  HEDDLE_TENANTS_PORT: subgraphPort('tenants'),
  HEDDLE_USAGE_PORT: subgraphPort('usage'),
  HEDDLE_INFERENCE_PORT: subgraphPort('inference'),
  HEDDLE_MODELS_URL: subgraphUrl('models'),
  HEDDLE_PROMPTS_URL: subgraphUrl('prompts'),
  HEDDLE_TENANTS_URL: subgraphUrl('tenants'),
  HEDDLE_USAGE_URL: subgraphUrl('usage'),
  HEDDLE_INFERENCE_URL: subgraphUrl('inference'),
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

/** The environment, checked: one property per variable of the table above, defaults filled in. */
export type Environment = { readonly [K in VariableName]: z.output<(typeof variables)[K]['schema']> };

/** A variable that is not as it must be: what is wrong with it, without the value of a secret. */
export interface WrongVariable {
  readonly name: string;
  readonly message: string;
}

/** The values of all variables, and those that are wrong; an empty text counts as unset. */
export function checkVariables(env: Readonly<Record<string, string | undefined>>) {
  const values: Record<string, unknown> = {};
  const wrong: WrongVariable[] = [];
  for (const [name, { schema, ...about }] of Object.entries<Variable>(variables)) {
    const text = env[name] === '' ? undefined : env[name];
    const result = schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else {
      const why = result.error.issues[0]?.message ?? 'is wrong';
      const isRepeated = !about.secret && text !== undefined && isRepeatable(name, text);
      wrong.push({ name, message: isRepeated ? `${name}=${text}: ${why}` : `${name}: ${why}` });
    }
  }
  return { values, wrong };
}

/** Reads and checks every variable. All that is wrong is named in one StartError. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const { values, wrong } = checkVariables(env);
  const messages = wrong.map(({ message }) => message).join('; ');
  if (wrong.length > 0) throw new StartError(`${messages} (see docs/configuration.md)`);
  return values as Environment;
}

/** The mode of trusted documents, as the graph names it. */
export function readTrustedDocumentsMode({
  HEDDLE_TRUSTED_DOCUMENTS: mode,
}: Environment): TrustedDocumentsMode {
  return mode === 'off' ? 'OFF' : mode === 'log' ? 'LOG' : 'ENFORCE';
}

/** A port as `--port` names it. */
export function parsePort(text: string): number {
  const { success, data } = port(0).safeParse(text.trim() === '' ? Number.NaN : text);
  if (!success) throw new StartError(`--port ${text}: must be a number from 0 to 65535`);
  return data;
}

/** The data directory as an absolute path. */
export function dataDirectory(environment: Environment): string {
  const path = environment.HEDDLE_DATA_DIR;
  return isAbsolute(path) ? path : resolve(path);
}
