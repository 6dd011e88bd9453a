import type { Door } from '../door.ts';
import { answerOpenApi } from './openapi/answer-openapi.ts';
import { writePromptError } from './prompt-errors.ts';
import { answerPrompt } from './run-prompt.ts';

const openApiPath = '/prompts/openapi.json';

/** The prompts of a tenant as REST endpoints: the variables are posted, and the answer comes back. */
export const promptsDoor: Door = {
  name: 'prompts',
  paths: [
    { methods: ['POST'], pattern: '/prompts/{name}', access: 'required' },
    // The page of the viewer has this path: a prompt of the name is run by POST there.
    { methods: ['POST'], pattern: '/prompts/docs', access: 'required' },
    { methods: ['GET', 'HEAD'], pattern: openApiPath, access: 'required' },
  ],
  isCrossOrigin: true,
  challenge: 'Bearer',
  handle: (exchange) => (exchange.pattern === openApiPath ? answerOpenApi(exchange) : answerPrompt(exchange)),
  writeError: writePromptError,
};
