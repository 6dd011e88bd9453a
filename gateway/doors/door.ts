import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../auth/caller.ts';
import type { Exposures } from '../auth/exposure.ts';
import type { SessionUse } from '../auth/session-cookie.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Problem } from '../http/problem.ts';
import type { SocketConnection, SocketSession } from '../http/sockets/socket-connection.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a path requires before its handler is called. */
export type Access =
  /** Nothing, at any time: the answer costs so little that no client is kept from it. No key is read. */
  | 'unlimited'
  /** Nothing, unless too many requests of the client's address were refused. No key is read. */
  | 'public'
  /** A key that is sent must be good; without one the caller is anonymous, and the operation decides. */
  | 'optional'
  /** A key. */
  | 'required'
  /** Turned off by the configuration: NOT_FOUND. */
  | 'off';

/** A header by which two handlers share a method and a path. */
export interface Condition {
  /** As `heddle routes` shows it, such as `accept: text/html`; of two handlers with the same text the start fails. */
  readonly text: string;
  holds(request: IncomingMessage): boolean;
}

/** Requests that a handler serves. */
export interface DoorPath {
  readonly methods: readonly Method[];
  /**
   * The path without its query, such as `/prompts/{name}`: a name in braces stands for one segment, which is decoded
   * in `exchange.params`; a last `{name*}` stands for all segments that are left, one at least. A path without names
   * precedes one with them.
   */
  readonly pattern: string;
  readonly access: Access | ((exposures: Exposures) => Access);
  /** Only requests of which this holds; they precede those of a handler without a condition. */
  readonly when?: Condition;
  /**
   * The subprotocol of the WebSockets that the handler's `upgrade` serves here; empty: they have none; absent: none are
   * served. Where the path's access is `required`, an upgrade without a good key is refused.
   */
  readonly webSocket?: string;
  /** True where a message of its WebSockets may be as large as the body of a call of an AI model. */
  readonly hasCallMessages?: true;
}

/**
 * A handler of HTTP requests and of WebSockets: one folder under gateway/doors, one line in doors.ts. It translates its
 * protocol into operations of the graph and their results back, and keeps no state of its own.
 *
 * `gateway/http/pipeline.ts` runs before every handler. When `handle` is called, the answer has its request id, the common
 * headers and those of CORS; the client's address is known, its limits have room, its key was looked up as the path's `access`
 * states; a request that another origin could forge was refused; and a shutdown waits for the answer. The path of no
 * handler, a wrong method and a preflight do not come here.
 */
export interface Door {
  /** Unique; names the handler in the route table, in the log and in errors at start. */
  readonly name: string;
  readonly paths: readonly DoorPath[];
  /** True where pages of other origins may call it, with a key: a session is accepted from pages of this origin alone. */
  readonly isCrossOrigin: boolean;
  /** The WWW-Authenticate header of a 401. */
  readonly challenge: string;
  /** Where a request has its key; absent: in `authorization` or `x-api-key`. */
  readCredentials?(request: IncomingMessage): Credentials;
  /**
   * What the cookie of a browser session counts for, where a request has no key; absent: for nothing. A REST dialect has none: its
   * clients send keys, and every path that accepts a cookie must be guarded against pages of other origins.
   */
  readonly acceptsSession?: SessionUse;
  /**
   * Answers a request. The response is ended when it resolves, or the connection is closed. It stops at once when
   * `exchange.signal` aborts, and reads a body by `readJson` alone. What it throws before the headers are sent becomes a
   * status and a `Problem` for `writeError`; after them the connection is cut, so that no failure reads as an end.
   */
  handle(exchange: Exchange): Promise<void> | void;
  /** Ends the response with the problem in the handler's dialect. Status and Retry-After are set already. */
  writeError(exchange: Exchange, problem: Problem): Promise<void> | void;
  /** Begins the conversation over a WebSocket that was accepted on a path with `webSocket`. */
  upgrade?(connection: SocketConnection): SocketSession;
}
