import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Credentials } from '../../auth/caller.ts';
import type { Client } from '../../auth/client-use.ts';
import type { GatewayServices } from '../services.ts';
import type { IncomingMessageBytes } from './incoming-message.ts';

/** A WebSocket that was accepted, with what the pipeline knows about its request. */
export interface SocketConnection {
  readonly services: GatewayServices;
  /** The request that was upgraded. */
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  /** What the WebSocket's frames are written to. */
  readonly wire: Socket;
  readonly client: Client;
  readonly clientRequestId: string | null;
  /** Those of the request, perhaps set by a proxy. */
  readonly credentials: Credentials;
  /** Bounds the messages of the client; `admit` it when the caller has shown a key. */
  readonly incoming: IncomingMessageBytes;
}

/** The server's side of one WebSocket. */
export interface SocketSession {
  /** A whole message of the client, within its bounds. */
  receive(text: string): void;
  /** The process shuts down: the socket is closed now, or when its last operation has ended. */
  closeWhenIdle(): void;
  /** The socket has closed: what is in progress for it is canceled. */
  ended(): void;
}
