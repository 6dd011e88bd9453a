/** Topics that processes notify each other about. The message is small: what changed, not its content. */
export interface BusMessages {
  /** Providers, credentials, models, routes or prompts changed. */
  readonly 'catalog.changed': { readonly collection: string };
  /** A key, app, tenant, plan or budget changed: forget what is remembered of callers. */
  readonly 'callers.changed': { readonly tenantId: string | null };
  /** The consent of an end user changed (null: of all of the tenant): forget what is remembered of it. */
  readonly 'consents.changed': { readonly tenantId: string; readonly endUserId: string | null };
  /** The data key of a tenant was destroyed: forget it. */
  readonly 'keys.destroyed': { readonly tenantId: string };
  /** An event was published: the subscriptions `events` read the new ones. */
  readonly 'events.recorded': Readonly<Record<never, never>>;
  /** A webhook was saved or replayed: look for what it is to be sent. */
  readonly 'webhooks.due': Readonly<Record<never, never>>;
  /** An erasure was requested, or has come to a step of another part of the mesh. */
  readonly 'erasure.due': Readonly<Record<never, never>>;
  /** Trusted documents were pushed or removed: forget what is remembered of them. */
  readonly 'documents.changed': { readonly tenantId: string | null };
  /** A request to the process that runs a completion to stop it. */
  readonly 'completion.cancel': { readonly completionId: string };
  /** A reader of a completion was lost with its gateway, and its client has not come back. */
  readonly 'completion.lost': { readonly completionId: string };
  /** How much every process logs from now on, and for how long; null: as its LOG_LEVEL states, or until the next change. */
  readonly 'log.level': { readonly level: string | null; readonly forMs: number | null };
}

export type BusTopic = keyof BusMessages;

/**
 * Notifies every process of the mesh of a change. At most once and without order across topics: a
 * listener treats a message as a hint to look again and must also look again on its own from time to time.
 * Deliberately absent: persistence, acknowledgement, request and reply.
 */
export interface Bus extends AsyncDisposable {
  /** Resolves when every listener in this process has handled the message, so that a writer sees its own write. */
  publish<T extends BusTopic>(topic: T, message: BusMessages[T]): Promise<void>;
  /** A listener's failure is logged and does not reach the publisher. Disposing ends this listener alone. */
  subscribe<T extends BusTopic>(
    topic: T,
    listener: (message: BusMessages[T]) => void | Promise<void>,
  ): Promise<AsyncDisposable>;
}
