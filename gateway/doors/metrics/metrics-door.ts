import { HeddleError } from '#core/errors.ts';
import { endWith, sendValue } from '../../http/send.ts';
import type { Door } from '../door.ts';

/** The metrics of this process in a text format of Prometheus, unless they have a port of their own. */
export const metricsDoor: Door = {
  name: 'metrics',
  paths: [{ methods: ['GET', 'HEAD'], pattern: '/metrics', access: 'public' }],
  isCrossOrigin: false,
  challenge: 'Bearer',
  async handle({ services, request, response }) {
    if (services.metrics === undefined) {
      throw new HeddleError('NOT_FOUND', 'Metrics are turned off, or served on a port of their own.');
    }
    const { contentType, text } = await services.metrics.read(request);
    response.setHeader('content-type', contentType);
    await endWith(response, request.headers['accept-encoding'], text);
  },
  writeError({ response }, { error }) {
    sendValue(response, { errors: [error] });
  },
};
