import type { Door } from '../door.ts';
import { writePromptError } from './prompt-errors.ts';
import { answerPrompt } from './run-prompt.ts';

/** The prompts of a tenant as REST endpoints: the variables are posted, and the answer comes back. */
export const promptsDoor: Door = {
  name: 'prompts',
  paths: [{ methods: ['POST'], pattern: '/prompts/{name}', access: 'required' }],
  isCrossOrigin: true,
  challenge: 'Bearer',
  handle: answerPrompt,
  writeError: writePromptError,
};
