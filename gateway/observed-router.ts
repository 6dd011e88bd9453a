import type { GatewayObserver, ObservedOperation } from '#core/observers/gateway-observer.ts';
import { type Answer, isStream, type Router } from './router.ts';

function rate(answer: Answer): ObservedOperation['outcome'] {
  if (isStream(answer) || answer.errors === undefined) return 'DATA';
  return answer.data == null ? 'REFUSED' : 'PARTIAL';
}

/** The router, with every operation that it runs reported to the observer. */
export function observeRouter(
  router: Router,
  observer: Pick<GatewayObserver, 'operationEnded'> | undefined,
): Router {
  if (observer === undefined) return router;
  return {
    ...router,
    async run(operation, variables, context) {
      const begunMs = performance.now();
      const answer = await router.run(operation, variables, context);
      observer.operationEnded({
        name: operation.isRegistered ? (operation.name ?? null) : null,
        type: operation.type,
        outcome: rate(answer),
        durationMs: performance.now() - begunMs,
      });
      return answer;
    },
  };
}
