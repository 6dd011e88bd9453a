import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Exchange } from '../../http/exchange.ts';
import { BadRequest } from '../../http/problem.ts';
import { endWith, sendText } from '../../http/send.ts';
import { readPageOrigin } from '../root-page/page-origin.ts';
import { type AttributeSelection, selectAttributes } from './select-attributes.ts';

/** The media type of SCIM. */
export const scimJson = 'application/scim+json';
const contentType = `${scimJson}; charset=utf-8`;

/** Ends the response with a short value; its status is set already. */
export function sendScim(response: ServerResponse, value: unknown): void {
  sendText(response, contentType, JSON.stringify(value));
}

/** The same, compressed where it is long and the client takes it. */
export function endScim({ request, response }: Exchange, value: unknown): Promise<void> | undefined {
  if (response.destroyed) return undefined;
  response.setHeader('content-type', contentType);
  return endWith(response, request.headers['accept-encoding'], JSON.stringify(value));
}

/** The address of a path of SCIM, as the client reaches it. */
export function locate({ request, client }: Exchange, path: string): string {
  return `${readPageOrigin(request, client.isProxied)}/scim/v2${path}`;
}

/** What a user and a group have in common. */
export interface ScimResource {
  readonly [attribute: string]: unknown;
  readonly id: string;
  readonly meta: {
    readonly [attribute: string]: unknown;
    readonly version: string;
    readonly location: string;
  };
}

/** The weak entity tag of what a version is made of. */
export function toVersion(state: unknown): string {
  return `W/"${hash('sha256', JSON.stringify(state), 'hex').slice(0, 32)}"`;
}

/** Ends the response with a user or a group: 304 where the client has it already, else the attributes that it wants. */
export function sendResource(
  exchange: Exchange,
  resource: ScimResource,
  selection: AttributeSelection,
): void | Promise<void> {
  const { request, response } = exchange;
  const { version, location } = resource.meta;
  response.setHeader('etag', version);
  response.setHeader('content-location', location);
  if (request.method === 'GET' && listTags(request.headers['if-none-match']).has(version)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  return endScim(exchange, selectAttributes(resource, selection));
}

function listTags(header: string | undefined): ReadonlySet<string> {
  return new Set(header?.split(',').map((tag) => tag.trim()));
}

/** Whether the client requires a version of what it is about to change, and not any one. */
export function requiresVersion({ request }: Exchange): boolean {
  return request.headers['if-match'] !== undefined && !listTags(request.headers['if-match']).has('*');
}

/** Throws BadRequest 412 where the client requires another version of what it is about to change. For `requiresVersion`. */
export function requireVersion({ request }: Exchange, { meta }: ScimResource): void {
  if (listTags(request.headers['if-match']).has(meta.version)) return;
  throw new BadRequest(412, `It has changed: its version is ${meta.version} now.`, 'CONFLICT');
}
