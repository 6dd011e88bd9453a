import type { Exchange } from '../../http/exchange.ts';
import type { Condition, Door, DoorPath } from '../door.ts';
import { setRequestIdHeader, writeAnthropicError } from './anthropic-errors.ts';
import { answerAnthropicModel, answerAnthropicModels } from './anthropic-models.ts';
import { answerCount, answerMessages } from './messages/messages.ts';

interface AnthropicEndpoint extends Pick<DoorPath, 'methods' | 'when'> {
  handle(exchange: Exchange): Promise<void> | void;
}

/** OpenAI's API has models at the same paths. */
const isAnthropic: Condition = {
  text: 'anthropic-version',
  holds: ({ headers }) => headers['anthropic-version'] !== undefined,
};

/** By the pattern of the path. */
const endpoints: Readonly<Record<string, AnthropicEndpoint>> = {
  '/v1/messages': { methods: ['POST'], handle: answerMessages },
  '/v1/messages/count_tokens': { methods: ['POST'], handle: answerCount },
  '/v1/models': { methods: ['GET', 'HEAD'], when: isAnthropic, handle: answerAnthropicModels },
  '/v1/models/{id*}': { methods: ['GET', 'HEAD'], when: isAnthropic, handle: answerAnthropicModel },
};

/** Anthropic's API: an Anthropic SDK, Claude Code, or what speaks its protocol, calls the graph by another base URL and a key. */
export const anthropicDoor: Door = {
  name: 'anthropic',
  paths: Object.entries(endpoints).map(([pattern, { methods, when }]) => ({
    pattern,
    methods,
    access: 'required',
    ...(when === undefined ? {} : { when }),
  })),
  isCrossOrigin: true,
  challenge: 'Bearer',
  handle(exchange) {
    setRequestIdHeader(exchange);
    return endpoints[exchange.pattern]?.handle(exchange);
  },
  writeError: writeAnthropicError,
};
