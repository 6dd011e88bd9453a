import type { Exchange } from '../../http/exchange.ts';
import type { Door, Method } from '../door.ts';
import { answerChat } from './chat/chat.ts';
import { answerEmbeddings } from './embeddings.ts';
import { answerLegacyCompletions } from './legacy/legacy-completions.ts';
import { answerModel, answerModels } from './models.ts';
import { writeOpenAiError } from './openai-errors.ts';

interface OpenAiEndpoint {
  readonly methods: readonly Method[];
  handle(exchange: Exchange): Promise<void> | void;
}

/** By the pattern of the path. */
const endpoints: Readonly<Record<string, OpenAiEndpoint>> = {
  '/v1/chat/completions': { methods: ['POST'], handle: answerChat },
  '/v1/completions': { methods: ['POST'], handle: answerLegacyCompletions },
  '/v1/embeddings': { methods: ['POST'], handle: answerEmbeddings },
  '/v1/models': { methods: ['GET', 'HEAD'], handle: answerModels },
  '/v1/models/{id*}': { methods: ['GET', 'HEAD'], handle: answerModel },
};

/** OpenAI's API: an OpenAI SDK, or what speaks its protocol, calls the graph by another base URL and a key of Heddle. */
export const openAiDoor: Door = {
  name: 'openai',
  paths: Object.entries(endpoints).map(([pattern, { methods }]) => ({
    pattern,
    methods,
    access: 'required',
  })),
  isCrossOrigin: true,
  challenge: 'Bearer',
  handle: (exchange) => endpoints[exchange.pattern]?.handle(exchange),
  writeError: writeOpenAiError,
};
