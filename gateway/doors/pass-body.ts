import { readJson } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';
import { isJson } from '../http/media-type.ts';
import { toFields } from './body-fields.ts';

/** Reads a body that has nothing to state, where there is one. Throws BadRequest as readJson does, and WrongField for what is no object. */
export async function passBody(exchange: Exchange): Promise<void> {
  const { 'content-type': type, 'content-length': length = '0', ...headers } = exchange.request.headers;
  const isEmpty = headers['transfer-encoding'] === undefined && length === '0';
  if (isEmpty && (type === undefined || isJson(type))) return;
  toFields(await readJson(exchange), '');
}
