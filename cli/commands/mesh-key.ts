import { readEnvironment } from '#server/config.ts';
import { createMeshKeyPair, deriveMeshPublicKeys } from '#transport/mesh-keys.ts';
import { usageError } from '../usage.ts';

/**
 * `heddle mesh-key`: prints a new key pair as variables. Where HEDDLE_MESH_SECRET or HEDDLE_MESH_PUBLIC_KEYS is set, its
 * public key stays accepted beside the new one until the gateways have theirs.
 */
export async function printMeshKey(args: readonly string[]): Promise<number> {
  if (args.length > 0) throw usageError('mesh-key');
  const environment = readEnvironment(process.env);
  const { HEDDLE_MESH_SECRET: secret, HEDDLE_MESH_PUBLIC_KEYS: accepted } = environment;
  const { privateKey, publicKey } = createMeshKeyPair();
  const [former] = accepted?.split(',') ?? (secret === undefined ? [] : deriveMeshPublicKeys(secret));
  const publicKeys = [publicKey, ...(former === undefined ? [] : [former.trim()])].join(',');
  console.log(`HEDDLE_MESH_KEY=${privateKey}\nHEDDLE_MESH_PUBLIC_KEYS=${publicKeys}`);
  const order =
    former === undefined
      ? ''
      : ' Restart the subgraphs first, then the gateways; then set the first public key alone.';
  console.error(`HEDDLE_MESH_KEY is for gateways alone, HEDDLE_MESH_PUBLIC_KEYS for subgraphs.${order}`);
  return 0;
}
