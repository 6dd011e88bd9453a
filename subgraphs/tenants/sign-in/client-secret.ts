import type { Connection } from 'mongoose';
import { addDataKeyId } from '#core/secrets/data-box.ts';
import { meshOwner, type OwnerBoxes, openSealed } from '#core/secrets/owner-boxes.ts';
import { type IssuerRecord, type IssuerSignIn, issuers } from '#mongo/issuers.ts';

/** Whose secret it is: it opens for this client at this issuer alone, and so is never sent to another. */
type Client = Pick<IssuerRecord, '_id' | 'issuer'> & Pick<IssuerSignIn, 'clientId'>;

const toContext = ({ _id, issuer, clientId }: Client) => ['issuers', _id, issuer, clientId];

/** Rejects with OVERLOADED or CONFLICT where the key of the mesh cannot be had. */
export async function sealClientSecret(secret: string, client: Client, boxes: OwnerBoxes): Promise<string> {
  return (await boxes.of(meshOwner)).seal(secret, toContext(client));
}

/** Undefined where no key at hand opens it. Rejects with OVERLOADED where the key of the mesh cannot be had now. */
export function openClientSecret(
  sealed: string,
  client: Client,
  boxes: OwnerBoxes,
): Promise<string | undefined> {
  return openSealed(boxes, sealed, toContext(client));
}

/** Seals the secrets of clients with the present key of the mesh. Those that no key at hand opens stay as they are; their data keys are added to `left`. */
export async function resealClientSecrets(
  connection: Connection,
  boxes: OwnerBoxes,
  left = new Set<string>(),
): Promise<{ readonly resealed: number; readonly unreadable: number }> {
  const records = issuers(connection);
  const box = await boxes.of(meshOwner);
  let [resealed, unreadable] = [0, 0];
  for (const { _id, issuer, signIn } of await records.find({ 'signIn.clientSecret': { $ne: null } }).lean()) {
    const sealed = signIn?.clientSecret;
    if (signIn == null || sealed == null || box.isCurrent(sealed)) continue;
    const client = { _id, issuer, clientId: signIn.clientId };
    const secret = await openClientSecret(sealed, client, boxes);
    if (secret === undefined) {
      unreadable += 1;
      addDataKeyId(left, sealed);
      continue;
    }
    // Whoever has entered another secret meanwhile has the last word.
    const same = { _id, 'signIn.clientSecret': sealed };
    const change = { $set: { 'signIn.clientSecret': box.seal(secret, toContext(client)) } };
    resealed += (await records.updateOne(same, change)).modifiedCount;
  }
  return { resealed, unreadable };
}
