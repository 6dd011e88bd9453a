import { HeddleError } from './errors.ts';

/** Why a request's signal aborts when the connection to its gateway is lost: its client may still be there. */
export class ConnectionLost extends Error {
  constructor() {
    super('The connection to the gateway was lost.');
    this.name = 'ConnectionLost';
  }
}

/** Was the request ended by the mesh (a gateway that ends or is lost), and not by its client? */
export function isEndedByMesh({ reason }: AbortSignal): boolean {
  return reason instanceof ConnectionLost || reason instanceof HeddleError;
}
