import { HeddleError, isErrorCode } from '#core/errors.ts';
import type { Door } from '#gateway/doors/door.ts';
import { readJson } from '#gateway/http/body.ts';
import type { Exchange } from '#gateway/http/exchange.ts';
import { BadRequest } from '#gateway/http/problem.ts';
import { sendValue } from '#gateway/http/send.ts';
import { runOperation } from '#gateway/operations/run-operation.ts';
import { isStream } from '#gateway/router.ts';

/** The name of an AI model, by its id in the path or in a body. */
export const modelNamesDoor: Door = {
  name: 'model-names',
  paths: [
    { methods: ['GET', 'HEAD'], pattern: '/model-names/{id}', access: 'required' },
    { methods: ['POST'], pattern: '/model-names', access: 'required' },
  ],
  isCrossOrigin: true,
  challenge: 'Bearer',
  async handle(exchange) {
    const id = exchange.params.id ?? readId(await readJson(exchange));
    sendValue(exchange.response, await fetchModel(exchange, id));
  },
  writeError({ response, requestId }, { error }) {
    sendValue(response, { error: error.message, code: error.extensions?.code, requestId });
  },
};

const query = 'query ModelName($id: ID!) { model(id: $id) { id name } }';

async function fetchModel(exchange: Exchange, id: string): Promise<unknown> {
  const { answer } = await runOperation(exchange, { query, variables: { id } });
  if (isStream(answer)) throw new TypeError('A query has no stream.');
  const [error] = answer.errors ?? [];
  if (error !== undefined) {
    const code = error.extensions?.code;
    throw new HeddleError(isErrorCode(code) ? code : 'INTERNAL', error.message, {
      extensions: error.extensions ?? {},
    });
  }
  if (!answer.data?.model) throw new HeddleError('NOT_FOUND', 'There is no AI model of this id.');
  return answer.data.model;
}

function readId(body: unknown): string {
  const { id } = (body ?? {}) as { readonly id?: unknown };
  if (typeof id !== 'string') throw new BadRequest(400, 'id must be a text.');
  return id;
}
