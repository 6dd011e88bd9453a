/** One event of a log. Numbered from 0 without gaps. */
export interface LoggedEvent<Event> {
  readonly sequence: number;
  readonly event: Event;
}

/** What ends a reader that requested events the log no longer (or never) held. */
export class StreamLogLost extends Error {
  /**
   * UNKNOWN: no such log; TRIMMED: events after the requested number were dropped, or an ended log never had that number;
   * ABANDONED: its writer is gone.
   */
  readonly reason: 'UNKNOWN' | 'TRIMMED' | 'ABANDONED';
  constructor(reason: StreamLogLost['reason'], message: string) {
    super(message);
    this.name = 'StreamLogLost';
    this.reason = reason;
  }
}

export interface StreamWriterOptions {
  /** The tenant that the events are of: where they leave the process, they are sealed for it. */
  readonly owner: string;
  /** How long the log stays readable after it was closed. */
  readonly keepMs: number;
  /** Called whenever the last reader has left before the end, from whatever process it read. May be called again. */
  readonly onAbandoned?: () => void;
}

/** What one log, and all ended logs together, may hold. Sizes in bytes of memory. */
export interface StreamLogBounds {
  readonly eventsMax: number;
  readonly sizeMax: number;
  /** Of ended logs that are kept for late readers; the oldest go first. Only memory needs it. */
  readonly keptSizeMax: number;
}

export const streamLogBounds: StreamLogBounds = {
  eventsMax: 8_192,
  sizeMax: 2 * 1024 * 1024,
  keptSizeMax: 64 * 1024 * 1024,
};

/** What an event is taken to hold when `append` gets no size. */
export const eventSizeDefault = 256;

/** The one writer of a log. Disposing one that has not ended abandons the log, which its readers see at once. */
export interface StreamWriter<Event> extends AsyncDisposable {
  /** Events appended so far: the number that the next event gets. */
  readonly length: number;
  /**
   * Appends one event. Returns nothing when there is room, which is the usual case and costs no turn of the event
   * loop; otherwise a promise that resolves when the writer may continue. Rejects never because of a reader.
   * @param size roughly what the event takes in memory, in bytes; counted against the log's bound
   */
  append(event: Event, size?: number): Promise<void> | undefined;
  /**
   * Appends the last event, which may be larger than the log's bound, and ends the log; resolves when readers can see it.
   * Never waits for a reader.
   */
  end(event: Event, size?: number): Promise<void>;
  /** Readers attached now, in all processes. */
  readers(): Promise<number>;
}

/**
 * Numbered logs of events with one writer and any number of readers. Promises:
 * - readers see every event after the number they request, in order, once, and then the end;
 * - a log is bounded (StreamLogBounds) whatever its readers do: when it is full, events that every reader has seen are
 *   dropped; while a reader is behind, `append` makes the writer wait; with no reader the oldest go and nothing waits;
 *   an event larger than the bound is held alone, and makes the writer wait only until every reader has passed it;
 * - a reader is a cursor: its lag costs no memory beyond the log itself;
 * - a log that was abandoned fails its readers with ABANDONED after the events that it holds, and so does, in bounded
 *   time, one that lost its writer without a notice.
 * Events are plain JSON. Deliberately absent: several writers, editing, search.
 */
export interface StreamLogs extends AsyncDisposable {
  /** Throws when the id is taken, or where nothing can be sealed for the owner. */
  open<Event>(id: string, options: StreamWriterOptions): Promise<StreamWriter<Event>>;
  /**
   * The events after number `after` (-1: all), following the writer until the end. Returning early, or aborting
   * `signal`, detaches. Throws StreamLogLost. The reader counts as attached from the call, before the first `next`.
   * It is the caller who knows what type of events the log of that id holds.
   */
  read<Event>(id: string, after: number, signal?: AbortSignal): AsyncIterableIterator<LoggedEvent<Event>>;
  /**
   * The events held now, oldest first, also of a log that lost its writer; empty where nothing is held. Attaches no
   * reader: what is seen here counts as unseen.
   */
  held<Event>(id: string): Promise<readonly LoggedEvent<Event>[]>;
}
