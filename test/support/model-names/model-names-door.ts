import { HeddleError } from '#core/errors.ts';
import type { Door } from '#gateway/doors/door.ts';
import { readJson } from '#gateway/http/body.ts';
import { BadRequest } from '#gateway/http/problem.ts';
import { sendValue } from '#gateway/http/send.ts';
import { DeclaredOperation } from '#gateway/operations/declared-operation.ts';
import { runDeclared } from '#gateway/operations/run-declared.ts';

interface ModelName {
  readonly model: { readonly id: string; readonly name: string } | null;
}

const modelName = new DeclaredOperation<ModelName, { readonly id: string }>(
  'query ModelName($id: ID!) { model(id: $id) { id name } }',
);

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
    const { model } = await runDeclared(exchange, modelName, { id });
    if (model === null) throw new HeddleError('NOT_FOUND', 'There is no AI model of this id.');
    sendValue(exchange.response, model);
  },
  writeError({ response, requestId }, { error }) {
    sendValue(response, { error: error.message, code: error.extensions?.code, requestId });
  },
};

function readId(body: unknown): string {
  const { id } = (body ?? {}) as { readonly id?: unknown };
  if (typeof id !== 'string') throw new BadRequest(400, 'id must be a text.');
  return id;
}
