import { prefersPage } from '../../http/media-type.ts';
import { sendText, sendValue } from '../../http/send.ts';
import type { Door } from '../door.ts';
import { renderRootPage, rootPagePolicy } from './root-page.ts';

/** What this is and where things are, as a page or as JSON. */
export const rootPageDoor: Door = {
  name: 'root-page',
  paths: [{ methods: ['GET', 'HEAD'], pattern: '/', access: 'unlimited' }],
  isCrossOrigin: false,
  challenge: 'Bearer',
  handle({ request, response, services: { exposures } }) {
    response.setHeader('vary', 'accept');
    if (prefersPage(request.headers.accept)) {
      response.setHeader('content-security-policy', rootPagePolicy);
      sendText(response, 'text/html; charset=utf-8', renderRootPage(exposures.explorer));
      return;
    }
    sendValue(response, {
      name: 'Heddle',
      graph: '/graphql',
      explorer: exposures.explorer === 'off' ? null : '/graphql',
      health: { live: '/health/live', ready: '/health/ready' },
    });
  },
  writeError({ response }, { error }) {
    sendValue(response, { errors: [error] });
  },
};
