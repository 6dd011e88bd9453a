import { anthropicDoor } from './anthropic/anthropic-door.ts';
import { authDoor } from './auth/auth-door.ts';
import type { Door } from './door.ts';
import { explorerDoor } from './explorer/explorer-door.ts';
import { graphqlDoor } from './graphql/graphql-door.ts';
import { healthDoor } from './health/health-door.ts';
import { metricsDoor } from './metrics/metrics-door.ts';
import { openAiDoor } from './openai/openai-door.ts';
import { promptDocsDoor } from './prompt-docs/prompt-docs-door.ts';
import { promptsDoor } from './prompts/prompts-door.ts';
import { responsesDoor } from './responses/responses-door.ts';
import { rootPageDoor } from './root-page/root-page-door.ts';
import { scimDoor } from './scim/scim-door.ts';

/** Every handler of the gateway. docs/contributing/add-a-door.md describes how to add one. */
export const doors: readonly Door[] = [
  rootPageDoor,
  graphqlDoor,
  explorerDoor,
  authDoor,
  healthDoor,
  metricsDoor,
  openAiDoor,
  anthropicDoor,
  promptsDoor,
  promptDocsDoor,
  responsesDoor,
  scimDoor,
];
