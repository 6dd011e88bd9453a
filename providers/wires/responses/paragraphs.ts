/** Where a piece of text stands: the index of its item, and of its part in it; undefined: not known. */
interface Place {
  readonly index: unknown;
  readonly part: unknown;
}

const paragraphBreak = '\n\n';

function breakAfter(text: string): string {
  return text.endsWith('\n') ? '' : paragraphBreak;
}

/** The texts as one. Each is a paragraph of its own: most begin with a heading. */
export function joinParagraphs(texts: readonly string[]): string {
  return texts.reduce(
    (joined, text) => (joined === '' || text === '' ? joined + text : joined + breakAfter(joined) + text),
    '',
  );
}

/**
 * What stands between the pieces of reasoning in a stream: only their indexes distinguish its items and
 * their parts, which would run into each other.
 */
export class Paragraphs {
  #last: (Place & { readonly after: string }) | undefined;

  /** What precedes a piece of text: as part of its item, or before the item. */
  next({ index, part }: Place, received: string): { readonly ofItem: string; readonly before: string } {
    const last = this.#last;
    const isSameItem = last === undefined || last.index === index;
    const known = part ?? (isSameItem ? last?.part : undefined);
    this.#last = { index, part: known, after: breakAfter(received) };
    if (last === undefined) return { ofItem: '', before: '' };
    if (!isSameItem) return { ofItem: '', before: last.after };
    const isOtherPart = part !== undefined && last.part !== undefined && last.part !== part;
    return { ofItem: isOtherPart ? last.after : '', before: '' };
  }
}
