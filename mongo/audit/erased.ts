import { toCanonicalText } from './chain.ts';
import { type AuditSigner, isSignedBy } from './keys.ts';
import { type AuditErasure, type AuditRecord, withoutContent } from './log.ts';

/** A record, perhaps one that was erased. */
type Erasable = object & { readonly erased?: AuditErasure | undefined };

/** What is signed: the whole record as it is now, with the hash that it had before. */
function toSignedText(record: Erasable, at: Date | string): string {
  return toCanonicalText({ ...record, erased: { at } });
}

/** Whether an erasure would leave the record as it is. */
export function hasNoContent(record: AuditRecord): boolean {
  return toCanonicalText(withoutContent(record)) === toCanonicalText(record);
}

/** The record without its content, and with the signature of that. */
export function toErasedRecord(record: AuditRecord, at: Date, signer: AuditSigner): AuditRecord {
  const erased = withoutContent(record);
  return { ...erased, erased: { at, ...signer.sign(toSignedText(erased, at)) } };
}

/** Whether one of the keys has signed that the record was erased, and it is as it was then. */
export function isErasureSigned(record: Erasable, keys: ReadonlyMap<string, string>): boolean {
  const { erased } = record;
  return erased !== undefined && isSignedBy(keys, toSignedText(record, erased.at), erased);
}
