import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import type { GatewayObserver } from '#core/observers/gateway-observer.ts';
import type { MetricsPage } from '#core/observers/metrics-page.ts';
import type { QueueObserver } from '#core/observers/queue-observer.ts';
import { waitAtMost } from '#core/time-limit.ts';
import type { Tracer } from '#core/tracing/span.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { Quota } from '#state/quota/quota.ts';
import { createHttpDrain, lingerMs } from '#transport/http-drain.ts';
import type { TlsSource } from '#transport/mesh-tls.ts';
import { createCallers } from './auth/caller.ts';
import type { ChangesOfCallers } from './auth/caller-watch.ts';
import { ClientAddresses } from './auth/client-address.ts';
import { ClientUse } from './auth/client-use.ts';
import { type Exposures, openExposures } from './auth/exposure.ts';
import { createSessions } from './auth/sessions.ts';
import { RequestDocuments } from './document/request-documents.ts';
import { TrustedDocuments } from './document/trusted-documents.ts';
import type { Door } from './doors/door.ts';
import { doors } from './doors/doors.ts';
import { createPipeline } from './http/pipeline.ts';
import { createHttpServer } from './http/server.ts';
import { type GatewayServices, Work } from './http/services.ts';
import { Turns } from './http/turns.ts';
import { type GatewayLimits, resolveLimits } from './limits.ts';
import { RefusalAudit } from './log/refusal-audit.ts';
import { RefusalLog } from './log/refusal-log.ts';
import { UntrustedLog } from './log/untrusted-log.ts';
import { observeRouter } from './observed-router.ts';
import { ownDocumentHashes } from './operations/own-documents.ts';
import { PlannerProcess } from './planning/planner.ts';
import { createReadinessCheck } from './readiness.ts';
import { createRouter, type SubgraphExecutors } from './router.ts';
import { traceExecutors } from './traced-executors.ts';
import { traceRouter } from './traced-router.ts';

export interface GatewayOptions {
  /** Over the supergraph to begin with; the gateway ends it. */
  readonly planner: PlannerProcess;
  /** How each subgraph of the supergraph is reached. */
  readonly executors: SubgraphExecutors;
  readonly bus: Bus;
  /** Whether the bus announces changes of callers; it does by default. */
  readonly changesOfCallers?: ChangesOfCallers;
  /** What operations draw on READS from. */
  readonly quota: Pick<Quota, 'spend'>;
  readonly log: Logger;
  readonly host: string;
  /** 0 for any free port; `url` names it. */
  readonly port: number;
  /** Serves clients over TLS. Absent: plain HTTP. */
  readonly tls?: TlsSource | undefined;
  readonly limits?: Partial<GatewayLimits>;
  /** Addresses and networks of trusted proxies: their X-Forwarded-For and Forwarded are used. */
  readonly trustedProxies?: readonly string[];
  /** Introspection and the Explorer; both are open to all callers by default. */
  readonly exposures?: Partial<Exposures>;
  /** What happens to documents that are not trusted, of apps without a mode of their own. OFF by default. */
  readonly trustedDocuments?: TrustedDocumentsMode;
  /** Whether automatic persisted queries are kept; true by default. */
  readonly persistedQueries?: boolean;
  /** What keeps this process from serving a call, beside the subgraphs of other processes. */
  readonly problems?: () => Promise<readonly string[]>;
  readonly now?: () => number;
  /** Logs a line for each request; absent: none. */
  readonly accessLog?: boolean;
  /** Gets what happens here, for metrics. */
  readonly observer?: GatewayObserver | undefined;
  /** Gets the queue of the planner, for metrics. */
  readonly queues?: QueueObserver | undefined;
  /** Begins the traces of requests; absent: nothing is traced. */
  readonly tracer?: Tracer | undefined;
  /** What `/metrics` answers with; absent: NOT_FOUND. */
  readonly metrics?: MetricsPage | undefined;
  /** The handlers of requests; by default those of doors.ts. */
  readonly doors?: readonly Door[];
}

export interface Gateway {
  /** The origin, e.g. `http://127.0.0.1:4000`; known once it listens. */
  readonly url: string;
  /** Rejects with the system's error when the port cannot be had. */
  listen(): Promise<void>;
  /** Routes new operations by another supergraph; those in progress continue. Rejects, and changes nothing, when the supergraph is invalid. */
  reload(supergraphSdl: string): Promise<void>;
  /** Readiness is refused from now on, and each HTTP response closes its connection; everything is still served. */
  drain(): void;
  /** A share of the clients that keep HTTP connections open connects again after their next response, to other processes on this port too. */
  shed(share: number): void;
  /** Accepts nothing new. Resolves when no operation is in progress and none can arrive. */
  stop(): Promise<void>;
  /** Accepts nothing new, waits for the operations in progress up to the grace time, then closes every connection. */
  close(graceMs: number): Promise<void>;
}

/** How long the operations that are cut may take to end: subgraphs in other processes answer with what they cost. */
const cutOperationsMs = 1_000;
/** How long the clients, and then the audit log, may take after that. */
const lastAnswersMs = 250;

/** The gateway: every handler of the mesh on one port, in front of one router. Rejects with RangeError where two handlers are in conflict. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { bus, quota, log, host, port, tls, observer, tracer } = options;
  const executors = tracer === undefined ? options.executors : traceExecutors(options.executors);
  const now = options.now ?? Date.now;
  const limits = resolveLimits(options.limits);
  const { tenants } = executors;
  if (tenants === undefined) throw new Error('The gateway needs the tenants subgraph to know its callers.');
  const exposures: Exposures = { ...openExposures, ...options.exposures };
  const audit = new RefusalAudit(tenants, log, now);
  const refusals = new RefusalLog(log, now, audit, observer);
  const callers = await createCallers({
    tenants,
    bus,
    changes: options.changesOfCallers ?? 'announced',
    now,
  });
  const routeBy = async (by: PlannerProcess) => {
    const { supergraphSdl } = by;
    const routed = createRouter({
      supergraphSdl,
      planner: by,
      executors,
      limits,
      log,
      refusals,
      quota,
      callers,
      introspection: exposures.introspection,
    });
    await by.ready();
    return observeRouter(tracer === undefined ? routed : traceRouter(routed), observer);
  };
  let { planner } = options;
  let router = await routeBy(planner);
  const trusted = await TrustedDocuments.open({ tenants, bus, now });
  const untrusted = new UntrustedLog(log, now);
  const work = new Work();
  const turns = new Turns();
  const watching = observer?.watch(() => ({ inProgress: work.count, documentsWaiting: turns.waiting }));
  const watchingPlanner = options.queues?.watchQueue('planner', () => planner.waiting);
  let draining = false;
  const clients = new ClientUse(new ClientAddresses(options.trustedProxies), limits, now);
  const findMissing = createReadinessCheck(executors, { now });
  const services: GatewayServices = {
    router: () => router,
    callers,
    sessions: createSessions(tenants),
    clients,
    documents: new RequestDocuments(trusted, untrusted, {
      mode: options.trustedDocuments ?? 'OFF',
      isAutomatic: options.persistedQueries ?? true,
      ownHashes: ownDocumentHashes,
    }),
    turns,
    exposures,
    limits,
    log,
    refusals,
    observer,
    tracer,
    metrics: options.metrics,
    isAccessLogged: options.accessLog ?? false,
    work,
    async problems() {
      if (draining) return ['this process is shutting down'];
      const missing = (await findMissing()).map((name) => `the subgraph ${name} is not ready`);
      const own = (await options.problems?.()) ?? [];
      return [...own, ...missing];
    },
  };
  const pipeline = createPipeline(services, options.doors ?? doors);
  const { server, unwatch } = createHttpServer(services, pipeline, tls);
  const connections = createHttpDrain(server);

  let stopped: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const drain = (): void => {
    draining = true;
    connections.announce();
  };
  const stop = (): Promise<void> => {
    drain();
    work.close();
    pipeline.drain();
    stopped ??= connections.stop(lingerMs).then(() => work.idle());
    return stopped;
  };
  const close = async (graceMs: number): Promise<void> => {
    await waitAtMost(stop(), graceMs);
    work.cut();
    await waitAtMost(work.idle(), cutOperationsMs);
    pipeline.close();
    server.closeIdleConnections();
    const cutOff = setTimeout(() => server.closeAllConnections(), lastAnswersMs);
    await connections.closed;
    clearTimeout(cutOff);
    unwatch();
    watching?.[Symbol.dispose]();
    watchingPlanner?.[Symbol.dispose]();
    refusals[Symbol.dispose]();
    await waitAtMost(audit[Symbol.asyncDispose](), lastAnswersMs);
    untrusted[Symbol.dispose]();
    await trusted[Symbol.asyncDispose]();
    await callers[Symbol.asyncDispose]();
    await planner[Symbol.asyncDispose]();
  };

  return {
    get url() {
      const address = server.address() as AddressInfo | null;
      const shownHost = host.includes(':') ? `[${host}]` : host;
      return `${tls === undefined ? 'http' : 'https'}://${shownHost}:${address?.port ?? port}`;
    },
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: 4096 }, () => {
          server.off('error', reject);
          server.on('error', (error) => log.error({ err: error }, 'the server failed'));
          resolve();
        });
      }),
    async reload(supergraphSdl) {
      const next = new PlannerProcess(supergraphSdl);
      router = await routeBy(next);
      const former = planner;
      planner = next;
      await former[Symbol.asyncDispose]();
    },
    shed: (share) => connections.shed(share),
    drain,
    stop,
    close(graceMs) {
      closed ??= close(graceMs);
      return closed;
    },
  };
}
