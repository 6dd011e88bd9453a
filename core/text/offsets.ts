/**
 * Maps offsets of a view of a text (decoded, folded) to those of its source. Only what differs in length is on record; between,
 * both run in step.
 */
export class Offsets {
  /** Four numbers for each replaced stretch: its start and end in the view, its start and end in the source. */
  readonly #stretches: number[] = [];

  /** Adds a replaced stretch, behind all that were added before. */
  add(viewStart: number, viewEnd: number, sourceStart: number, sourceEnd: number): void {
    this.#stretches.push(viewStart, viewEnd, sourceStart, sourceEnd);
  }

  /** Where the character at this offset of the view begins in the source. */
  toSourceStart(view: number): number {
    const at = this.#findStretch(view);
    if (at < 0) return view;
    const [, viewEnd = 0, sourceStart = 0, sourceEnd = 0] = this.#stretches.slice(at, at + 4);
    return view < viewEnd ? sourceStart : sourceEnd + (view - viewEnd);
  }

  /** Where the character before this offset of the view ends in the source. */
  toSourceEnd(view: number): number {
    const at = this.#findStretch(view - 1);
    if (at < 0) return view;
    const [, viewEnd = 0, , sourceEnd = 0] = this.#stretches.slice(at, at + 4);
    return view <= viewEnd ? sourceEnd : sourceEnd + (view - viewEnd);
  }

  /** The index of the last stretch that begins at this offset or before it; -1: none. */
  #findStretch(view: number): number {
    let low = 0;
    let high = this.#stretches.length / 4;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#stretches[middle * 4] ?? 0) <= view) low = middle + 1;
      else high = middle;
    }
    return (low - 1) * 4;
  }
}
