import { sendValue } from '../../http/send.ts';
import type { Door } from '../door.ts';

/** Whether the process runs, and whether a call would be served: 200, else 503 with what is not as it should be. */
export const healthDoor: Door = {
  name: 'health',
  paths: ['/health/live', '/health/ready'].map((pattern) => ({
    methods: ['GET', 'HEAD'],
    pattern,
    access: 'unlimited',
  })),
  isCrossOrigin: false,
  challenge: 'Bearer',
  async handle({ services, path, response }) {
    const problems = path === '/health/ready' ? await services.problems() : [];
    const isWell = problems.length === 0;
    response.statusCode = isWell ? 200 : 503;
    if (!isWell) response.setHeader('retry-after', '1');
    sendValue(response, isWell ? { status: 'ok' } : { status: 'unavailable', problems });
  },
  writeError({ response }, { error }) {
    sendValue(response, { errors: [error] });
  },
};
