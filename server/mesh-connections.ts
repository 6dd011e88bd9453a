import type { Logger } from 'pino';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import {
  deriveAnswerKeys,
  deriveMeshKeys,
  type GatewayKeys,
  readPublicKeys,
  readSigningKey,
  type SubgraphKeys,
} from '#transport/mesh-keys.ts';
import type { TlsSource } from '#transport/mesh-tls.ts';
import { type Environment, StartError } from './config.ts';
import { everyPart, type MeshOptions, type Part } from './mesh.ts';
import { watchAuthorities, watchTlsFiles } from './secrets/tls-files.ts';

/** How the parts of this process reach, and know, those of others and the servers that they share. */
export interface MeshConnections {
  /** Of a gateway that has subgraphs in other processes. */
  readonly gatewayKeys?: GatewayKeys;
  /** Of subgraphs that stand alone. */
  readonly subgraphKeys?: SubgraphKeys;
  /** Certificates between parts; absent: plain HTTP. */
  readonly tls?: TlsSource | undefined;
  /** The authorities of HEDDLE_TLS_CA as of now, for connections to MongoDB, Redis and mail servers; absent: those of the system. */
  readonly ca?: (() => string) | undefined;
  /** What is better changed, for the log of a start that has succeeded. */
  readonly warnings: readonly string[];
}

/** Several variables that only have a meaning together. */
function together(environment: Environment, names: readonly (keyof Environment)[]): boolean {
  const missing = names.filter((name) => environment[name] === undefined);
  if (missing.length === 0) return true;
  if (missing.length === names.length) return false;
  throw new StartError(`${missing.join(' and ')}: must be set too (with ${names.join(', ')})`);
}

/** The certificates between parts, when the environment names them. */
function openMeshTls(
  environment: Environment,
  log: Logger,
  starting: AsyncDisposableStack,
): TlsSource | undefined {
  const { HEDDLE_TLS_CERT: cert, HEDDLE_TLS_KEY: key, HEDDLE_TLS_CA: ca } = environment;
  if (
    !together(environment, ['HEDDLE_TLS_CERT', 'HEDDLE_TLS_KEY']) ||
    cert === undefined ||
    key === undefined
  )
    return undefined;
  if (ca === undefined) throw new StartError('HEDDLE_TLS_CA: must be set too (with HEDDLE_TLS_CERT)');
  return starting.use(watchTlsFiles({ cert, key, ca }, { names: 'HEDDLE_TLS_CERT, _KEY, _CA', log }));
}

/** The authorities that HEDDLE_TLS_CA names. */
function openAuthorities(
  { HEDDLE_TLS_CA: file }: Environment,
  log: Logger,
  starting: AsyncDisposableStack,
): (() => string) | undefined {
  if (file === undefined) return undefined;
  return starting.use(watchAuthorities(file, { names: 'HEDDLE_TLS_CA', log })).current;
}

/** The certificate for clients, when the environment names one. */
export function openPublicTls(
  environment: Environment,
  log: Logger,
  starting: AsyncDisposableStack,
): TlsSource | undefined {
  const { HEDDLE_PUBLIC_TLS_CERT: cert, HEDDLE_PUBLIC_TLS_KEY: key } = environment;
  if (!together(environment, ['HEDDLE_PUBLIC_TLS_CERT', 'HEDDLE_PUBLIC_TLS_KEY'])) return undefined;
  if (cert === undefined || key === undefined) return undefined;
  return starting.use(watchTlsFiles({ cert, key }, { names: 'HEDDLE_PUBLIC_TLS_CERT, _KEY', log }));
}

export const isLoopback = (host: string) => /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);

/** Where this process would speak plain HTTP with other parts beyond its own machine. */
function plainBeyondLoopback(
  environment: Environment,
  parts: readonly Part[],
  tls: boolean,
): readonly string[] {
  const served = parts.some((part) => part !== 'gateway') && !tls && !isLoopback(environment.HOST);
  const called = (parts.includes('gateway') ? subgraphNames : [])
    .filter((name) => !parts.includes(name))
    .flatMap((name) => {
      const variable = urlVariable(name);
      const isPlain = environment[variable].split(',').some((text) => {
        const { protocol, hostname } = new URL(text.trim());
        return protocol === 'http:' && !isLoopback(hostname);
      });
      return isPlain ? [variable] : [];
    });
  return [...(served ? ['HOST'] : []), ...called];
}

export const urlVariable = (name: SubgraphName) =>
  `HEDDLE_${name.toUpperCase() as Uppercase<typeof name>}_URL` as const;

/**
 * Checks that the parts of this process and of others can trust each other, and reads what they do it with. Throws
 * StartError otherwise: plain HTTP beyond the machine is refused unless it is allowed.
 */
export function connectParts(
  { environment, parts, log, seat }: MeshOptions,
  starting: AsyncDisposableStack,
): MeshConnections {
  const isSplit = seat === undefined && parts.length < everyPart.length;
  if (isSplit) requireSharedDatabase(environment, parts);
  const tls = openMeshTls(environment, log, starting);
  const ca = openAuthorities(environment, log, starting);
  if (!isSplit) {
    const isMistaken = tls !== undefined && environment.HEDDLE_PUBLIC_TLS_CERT === undefined;
    const mistake =
      'HEDDLE_TLS_CERT is not for clients: the gateway serves plain HTTP; set HEDDLE_PUBLIC_TLS_CERT';
    return { ...seat?.keys, ca, warnings: isMistaken && parts.includes('gateway') ? [mistake] : [] };
  }
  const {
    HEDDLE_MESH_KEY: key,
    HEDDLE_MESH_PUBLIC_KEYS: publicKeys,
    HEDDLE_MESH_SECRET: secret,
  } = environment;
  const hasGateway = parts.includes('gateway');
  const hasSubgraph = parts.some((part) => part !== 'gateway');
  const only = `--only ${parts.join(',')}`;
  const toDo = 'run "npm start -- mesh-key" (see docs/security.md)';

  const missing = [
    hasGateway && key === undefined && secret === undefined && 'HEDDLE_MESH_KEY',
    hasSubgraph && publicKeys === undefined && secret === undefined && 'HEDDLE_MESH_PUBLIC_KEYS',
    tls === undefined && secret === undefined && 'HEDDLE_MESH_SECRET or certificates (HEDDLE_TLS_CERT)',
  ].filter((what) => what !== false);
  if (missing.length > 0) throw new StartError(`${only} needs ${missing.join(' and ')}: ${toDo}`);
  if (hasSubgraph && !hasGateway && key !== undefined) {
    throw new StartError(
      `${only}: HEDDLE_MESH_KEY is for gateways alone; subgraphs take HEDDLE_MESH_PUBLIC_KEYS`,
    );
  }

  const plain = plainBeyondLoopback(environment, parts, tls !== undefined);
  if (plain.length > 0 && environment.HEDDLE_MESH_PLAINTEXT !== 'allowed') {
    throw new StartError(
      `${plain.join(', ')}: parts would speak plain HTTP beyond this machine; set HEDDLE_TLS_CERT, HEDDLE_TLS_KEY and ` +
        'HEDDLE_TLS_CA ("npm start -- create-ca <directory>" makes them), or HEDDLE_MESH_PLAINTEXT=allowed',
    );
  }
  const isOld = (hasGateway && key === undefined) || (hasSubgraph && publicKeys === undefined);
  const derived = isOld && secret !== undefined ? deriveMeshKeys(secret) : undefined;
  const answerKeys = secret === undefined ? undefined : deriveAnswerKeys(secret);
  const signingKey = key === undefined ? derived?.signingKey : readSigningKey(key);
  const verifying = publicKeys === undefined ? derived?.publicKeys : readPublicKeys(publicKeys);
  return {
    ...(hasGateway && signingKey !== undefined ? { gatewayKeys: { signingKey, answerKeys } } : {}),
    ...(hasSubgraph && verifying !== undefined
      ? { subgraphKeys: { publicKeys: verifying, answerKey: answerKeys?.[0] } }
      : {}),
    tls,
    ca,
    warnings: [
      ...(isOld
        ? [`only HEDDLE_MESH_SECRET is set: every process that has it can sign for a gateway; ${toDo}`]
        : []),
      ...(answerKeys !== undefined && answerKeys.length > 1 ? [twoSecrets] : []),
    ],
  };
}

const twoSecrets =
  'HEDDLE_MESH_SECRET holds two secrets, separated by a comma: the first one signs, both verify; write a comma that is part of one secret as \\, (see docs/security.md)';

/** A part alone shares its database with other processes: it must be named. */
function requireSharedDatabase(environment: Environment, parts: readonly Part[]): void {
  if (environment.MONGO_URL === undefined && parts.some((part) => part !== 'gateway')) {
    throw new StartError(`--only ${parts.join(',')} needs MONGO_URL (the embedded store has one owner)`);
  }
}
