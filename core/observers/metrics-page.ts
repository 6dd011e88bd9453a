import type { IncomingMessage } from 'node:http';

/** The metrics of a process in a text format of Prometheus. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Answers `GET /metrics`. */
export interface MetricsPage {
  /**
   * The metrics of now, in the format that the request accepts. Rejects with HeddleError UNAUTHENTICATED where a token is needed that the
   * request does not have, and with FORBIDDEN where no token is set and the request may come from another machine.
   */
  read(request: IncomingMessage): Promise<MetricsText>;
}
