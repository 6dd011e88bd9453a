import { HeddleError } from '../errors.ts';
import { CannotOpen, type SealContext, type Sealed, type SecretBox } from './secret-box.ts';

/** The owner of what is the mesh's and no tenant's: the id of no tenant. */
export const meshOwner = '@mesh';

/** Seals for one owner, with that owner's present data key. */
export type Sealer = Pick<SecretBox, 'seal' | 'sealToBytes' | 'isCurrent'>;

/** Opens what one data key has sealed. */
export type Opener = Pick<SecretBox, 'open'>;

/** Seals texts at rest, each for its owner: a tenant, or the mesh (`meshOwner`). What is sealed for one opens with no other's key. */
export interface OwnerBoxes {
  /**
   * What seals for the owner, for a moment or for one call or stream. A promise only while the owner's key is not in
   * memory; it rejects with OVERLOADED where the key cannot be had now, and with CONFLICT where it was destroyed or is
   * wrapped by a root key that is not at hand.
   */
  of(owner: string): Sealer | Promise<Sealer>;
  /**
   * The text that was sealed for this context, whoever its owner is. A promise only while the owner's key is not in memory.
   * Throws, or rejects, as SecretBox does, and also where the owner's key was destroyed.
   */
  open(sealed: Sealed, context: SealContext): string | Promise<string>;
}

/** Boxes whose texts may be read over a time, such as the events of a stream. */
export interface StreamBoxes extends OwnerBoxes {
  /**
   * What opens this text and all others of its data key, for the life of one reader: as `of`, it is not affected by what becomes of the key
   * or the store meanwhile. A promise only while the owner's key is not in memory; throws, or rejects, as `open`.
   */
  findOpener(sealed: Sealed): Opener | Promise<Opener>;
}

/**
 * The text that was sealed for this context; undefined where no key opens it any more. Rejects where that is not known now, such as
 * with OVERLOADED while the root key cannot be reached: what is sealed is not lost then.
 */
export async function openSealed(
  boxes: Pick<OwnerBoxes, 'open'>,
  sealed: Sealed,
  context: SealContext,
): Promise<string | undefined> {
  try {
    return await boxes.open(sealed, context);
  } catch (error) {
    if (error instanceof CannotOpen || (error instanceof HeddleError && error.code === 'CONFLICT'))
      return undefined;
    throw error;
  }
}
