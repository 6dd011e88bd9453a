import { type ErasureSubject, readEndUserId } from '#mongo/eraser.ts';
import type { InvocationRecord } from '#mongo/invocations.ts';
import { withoutWords } from '../ledger/rows.ts';

/** A change of a row that takes away what identifies people. Amounts, times, the AI model and codes of failures stay. */
export interface Redaction {
  readonly $set: Partial<InvocationRecord>;
  readonly $unset: Readonly<Partial<Record<keyof InvocationRecord, true>>>;
}

/**
 * Takes the end user from a row, with what may name it: the person that called, the client's own id of the request, the words of
 * failures, and tags with the id in them.
 */
export function withoutEndUser(row: InvocationRecord, subject: ErasureSubject): Redaction {
  const endUserId = readEndUserId(subject).toLowerCase();
  const tags = row.tags?.filter((tag) => !tag.toLowerCase().includes(endUserId)) ?? [];
  return {
    $set: {
      ...withoutFailureWords(row),
      subject: null,
      erased: 'END_USER',
      ...(tags.length > 0 && { tags }),
    },
    $unset: {
      endUserId: true,
      clientRequestId: true,
      orphaned: true,
      ...(tags.length === 0 && { tags: true }),
    },
  };
}

function withoutFailureWords(row: InvocationRecord): Pick<InvocationRecord, 'error' | 'attempts'> {
  const { error, attempts } = withoutWords({ error: row.error ?? null, attempts: row.attempts });
  return { error, attempts };
}
