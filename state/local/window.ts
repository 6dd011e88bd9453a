/** Bounds of what is on the way, and how much of it is reported at once as taken; see boundTheWay. */
export interface FlowBounds {
  readonly eventsMax: number;
  readonly sizeMax: number;
  readonly reportedEvents: number;
  readonly reportedSize: number;
}

/** The sender's side of a bounded way: counts what was sent and not reported as taken. */
export class SendWindow {
  readonly #bounds: FlowBounds;
  #events = 0;
  #size = 0;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(bounds: FlowBounds) {
    this.#bounds = bounds;
  }

  get isFull(): boolean {
    return this.#events >= this.#bounds.eventsMax || this.#size >= this.#bounds.sizeMax;
  }

  sent(size: number): void {
    this.#events += 1;
    this.#size += size;
  }

  taken(events: number, size: number): void {
    this.#events -= events;
    this.#size -= size;
    if (!this.isFull) this.release();
  }

  /** Resolves when there is room. */
  wait(): Promise<void> {
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** The sender that waits may continue. */
  release(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

/** The receiver's side: what it took, reported once a share has come together. */
export class TakenShare {
  readonly #bounds: FlowBounds;
  readonly #report: (events: number, size: number) => void;
  #events = 0;
  #size = 0;

  constructor(bounds: FlowBounds, report: (events: number, size: number) => void) {
    this.#bounds = bounds;
    this.#report = report;
  }

  took(size: number): void {
    this.#events += 1;
    this.#size += size;
  }

  /** Reports what has come together, if it is a share. */
  report(): void {
    const { reportedEvents, reportedSize } = this.#bounds;
    if (this.#events < reportedEvents && this.#size < reportedSize) return;
    this.#report(this.#events, this.#size);
    this.#events = 0;
    this.#size = 0;
  }
}
