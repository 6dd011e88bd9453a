import { prefersPage } from '../../http/media-type.ts';
import { sendText, sendValue } from '../../http/send.ts';
import type { Door } from '../door.ts';
import { readPageOrigin } from './page-origin.ts';
import { renderRootPage, rootPagePolicy } from './root-page.ts';

/** What this is and where things are, as a page or as JSON. */
export const rootPageDoor: Door = {
  name: 'root-page',
  paths: [{ methods: ['GET', 'HEAD'], pattern: '/', access: 'unlimited' }],
  isCrossOrigin: false,
  challenge: 'Bearer',
  handle({ request, response, client, services: { exposures } }) {
    response.setHeader('vary', 'accept');
    if (prefersPage(request.headers.accept)) {
      response.setHeader('content-security-policy', rootPagePolicy);
      const origin = readPageOrigin(request, client.isProxied);
      sendText(response, 'text/html; charset=utf-8', renderRootPage(exposures.explorer, origin));
      return;
    }
    sendValue(response, {
      name: 'Heddle',
      graph: '/graphql',
      explorer: exposures.explorer === 'off' ? null : '/graphql',
      openai: '/v1',
      anthropic: '/v1/messages',
      prompts: '/prompts/openapi.json',
      health: { live: '/health/live', ready: '/health/ready' },
    });
  },
  writeError({ response }, { error }) {
    sendValue(response, { errors: [error] });
  },
};
