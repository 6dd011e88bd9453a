import { type Fields, list, text } from '../shared/fields.ts';

/** What a reasoning item of a request has beside its ID and what is encrypted. */
interface ReasoningTexts {
  readonly summary: readonly object[];
  readonly content?: readonly object[];
  readonly status?: string;
}

/** The lengths of the texts of one kind, in UTF-16 code units. */
function readLengths(value: unknown): readonly number[] {
  return list(value).filter(
    (length): length is number => Number.isSafeInteger(length) && Number(length) >= 0,
  );
}

/** The pieces of a text that have these lengths. */
function split(whole: string, lengths: readonly number[]): readonly string[] {
  let end = 0;
  return lengths.map((length) => {
    const begin = end;
    end += length;
    return whole.slice(begin, end);
  });
}

/**
 * The text of a block of reasoning as the parts that it came in: `summary` and `content` of its details are their lengths. A text of
 * another length, such as one that a guardrail has changed, is one part of the summary.
 */
export function writeReasoningTexts(whole: string, details: Fields): ReasoningTexts {
  const lengths = readLengths(details.summary);
  const all = [...lengths, ...readLengths(details.content)];
  const isSplit = all.length > 0 && all.reduce((sum, length) => sum + length, 0) === whole.length;
  const pieces = isSplit ? split(whole, all) : [whole].filter((piece) => piece !== '');
  const summaries = isSplit ? lengths.length : pieces.length;
  const status = text(details.status);
  const content = pieces.slice(summaries).map((piece) => ({ type: 'reasoning_text', text: piece }));
  return {
    summary: pieces.slice(0, summaries).map((piece) => ({ type: 'summary_text', text: piece })),
    ...(content.length === 0 ? {} : { content }),
    ...(status === '' ? {} : { status }),
  };
}
