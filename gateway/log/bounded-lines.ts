/** Lines of one kind in one window of time. */
const sameMax = 5;
const windowMs = 10_000;
/** Lines of all kinds in one second. */
const perSecondMax = 50;
/** Kinds logged separately in one window; what comes beyond counts as left out. */
const kindsMax = 10_000;
/** Kinds that the report of a window names. */
const reportedMax = 10;

/** What was left out in one window: how much in all, and of the kinds that were left out most. */
export interface LeftOut {
  readonly count: number;
  readonly most: readonly { readonly kind: string; readonly count: number }[];
}

/**
 * Bounds the lines that clients can cause for nothing: of the same kind only the first five in ten seconds are let
 * through, of all kinds fifty a second. What is left out is counted, and reported once at the end of each window.
 */
export class BoundedLines implements Disposable {
  readonly #report: (leftOut: LeftOut) => void;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  /** Left out because there were too many kinds. */
  #nameless = 0;
  readonly #leftOut = new Map<string, number>();
  #second = Number.NaN;
  #inSecond = 0;
  #window: NodeJS.Timeout | undefined;

  constructor(report: (leftOut: LeftOut) => void, now: () => number = Date.now) {
    this.#report = report;
    this.#now = now;
  }

  /** True when a line of the kind may be written. */
  admit(kind: string): boolean {
    if (this.#window === undefined) {
      this.#window = setTimeout(() => this.#endWindow(), windowMs);
      this.#window.unref();
    }
    const count = this.#counts.get(kind);
    if (count === undefined && this.#counts.size >= kindsMax) {
      this.#nameless++;
      return false;
    }
    this.#counts.set(kind, (count ?? 0) + 1);
    if ((count ?? 0) < sameMax && this.#hasRoom()) return true;
    this.#leftOut.set(kind, (this.#leftOut.get(kind) ?? 0) + 1);
    return false;
  }

  [Symbol.dispose](): void {
    this.#endWindow();
  }

  #hasRoom(): boolean {
    const second = Math.floor(this.#now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond++;
    return this.#inSecond <= perSecondMax;
  }

  #endWindow(): void {
    clearTimeout(this.#window);
    this.#window = undefined;
    const leftOut = [...this.#leftOut];
    const count = leftOut.reduce((sum, [, more]) => sum + more, this.#nameless);
    this.#counts.clear();
    this.#leftOut.clear();
    this.#nameless = 0;
    if (count === 0) return;
    const most = leftOut
      .sort(([, a], [, b]) => b - a)
      .slice(0, reportedMax)
      .map(([kind, more]) => ({ kind, count: more }));
    this.#report({ count, most });
  }
}
