import type { Logger } from 'pino';
import { findKeyWeakness, findSecretWeakness, type SecretWeakness } from '#core/secrets/secret-strength.ts';
import { readMeshSecrets } from '#transport/mesh-keys.ts';
import { type Environment, StartError } from '../config.ts';
import { isLoopback } from '../mesh-connections.ts';
import { decodeEncryptionKey } from './encryption-key.ts';

/** How each secret that an operator may choose is looked at. Keys that others replaced are not. */
const checks = {
  HEDDLE_ADMIN_KEY: (text: string) => findSecretWeakness(text, 'hd_'),
  HEDDLE_ENCRYPTION_KEY: (text: string) => findKeyWeakness(decodeEncryptionKey(text)),
  HEDDLE_MESH_SECRET: (text: string) => {
    const found = readMeshSecrets(text).map((secret) => findSecretWeakness(secret));
    return (
      found.find((weakness) => weakness === 'KNOWN') ?? found.find((weakness) => weakness !== null) ?? null
    );
  },
  HEDDLE_METRICS_TOKEN: (text: string) => findSecretWeakness(text),
  HEDDLE_STORE_PASSWORD: (text: string) => findSecretWeakness(text),
} satisfies Partial<Record<keyof Environment, (text: string) => SecretWeakness | null>>;

type CheckedSecret = keyof typeof checks;
const checkedSecrets = Object.keys(checks) as CheckedSecret[];

const make = 'make one with "openssl rand -hex 32"';

/**
 * Throws StartError for secrets that are placeholders of examples, and for weak ones where those are refused. Returns the
 * names of weak secrets that are let through.
 */
export function checkSecrets(
  environment: Environment,
  names: readonly CheckedSecret[] = checkedSecrets,
): readonly CheckedSecret[] {
  const found = names.flatMap((name) => {
    const text = environment[name];
    const weakness = text === undefined ? null : checks[name](text);
    return weakness === null ? [] : [{ name, weakness }];
  });
  const known = found.filter(({ weakness }) => weakness === 'KNOWN').map(({ name }) => name);
  if (known.length > 0) throw new StartError(`${known.join(', ')}: is a placeholder of examples; ${make}`);
  const weak = found.map(({ name }) => name);
  if (weak.length > 0 && refusesWeak(environment)) {
    throw new StartError(
      `${weak.join(', ')}: could be guessed (few different characters, a sequence, or a repetition); ${make}, or set HEDDLE_REFUSE_WEAK_SECRETS=off`,
    );
  }
  return weak;
}

function refusesWeak({ HEDDLE_REFUSE_WEAK_SECRETS: refusal, HOST }: Environment): boolean {
  return refusal === undefined ? !isLoopback(HOST) : refusal === 'on';
}

/** One line of the log for each, without its value. */
export function reportWeakSecrets(names: readonly CheckedSecret[], log: Logger): void {
  for (const variable of names) {
    log.warn({ event: 'weak_secret', variable }, `${variable} could be guessed: ${make}`);
  }
}
