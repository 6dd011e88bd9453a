import type { Exchange } from '../../../http/exchange.ts';
import { endJson } from '../../../http/send.ts';
import { listPromptsToRun } from './list-prompts-to-run.ts';
import { buildOpenApiDocument } from './openapi-document.ts';

/** GET /prompts/openapi.json: what this caller may run. */
export async function answerOpenApi(exchange: Exchange): Promise<void> {
  const prompts = await listPromptsToRun(exchange);
  exchange.response.setHeader('cache-control', 'private, no-store');
  return endJson(exchange, buildOpenApiDocument(prompts));
}
