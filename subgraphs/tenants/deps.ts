import type { Connection } from 'mongoose';
import type { PromptRuns } from '#catalog/catalog-prompts.ts';
import type { Viewer } from '#catalog/viewer.ts';
import type { Egress } from '#core/egress.ts';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import type { Mailer } from '#core/mail/mailer.ts';
import type { OwnerBoxes } from '#core/secrets/owner-boxes.ts';
import type { SendEvent } from '#deliveries/send-event.ts';
import type { KeyPepper } from '#mongo/key-pepper.ts';
import type { SubgraphServices } from '../runtime/subgraph.ts';
import type { OutboundFetch } from './identity/issuer-documents.ts';
import type { DefaultLimits } from './limits/default-limits.ts';
import type { SessionLifetimes } from './sessions/session-lifetimes.ts';
import type { SignInClient } from './sign-in/sign-in-client.ts';

/** What of the catalog states whether something requires approval. */
export interface ApprovalCatalog {
  model(id: string): Pick<PromptRuns, 'requiresApproval'> | undefined;
  route(id: string): Pick<PromptRuns, 'requiresApproval'> | undefined;
  promptRuns(
    viewer: Viewer,
    name: string,
  ): Promise<Pick<PromptRuns, 'ownerId' | 'requiresApproval'> | undefined>;
}

export interface TenantsDeps extends SubgraphServices {
  readonly connection: Connection;
  readonly defaultLimits: DefaultLimits;
  /** Hashes HEDDLE_ADMIN_KEY; left out: plain SHA-256. */
  readonly pepper?: KeyPepper;
  /** Calls to identity providers; left out: none can be reached. */
  readonly outboundFetch?: OutboundFetch;
  /** Seals what browsers keep while their users sign in elsewhere, and secrets of settings; left out: no one can, and none can be saved. */
  readonly secrets?: OwnerBoxes;
  /** Where settings may have texts sent; left out: everywhere. */
  readonly egress?: Egress;
  /** What this mesh is to the identity provider; left out: people sign in with keys alone. */
  readonly signInClient?: SignInClient | undefined;
  /** Sends mails; left out: none are sent. */
  readonly mailer?: Mailer | undefined;
  /** Sends events to webhooks; left out: none are tested from here. */
  readonly sendEvent?: SendEvent | undefined;
  /** The address under which people reach the gateway, without a slash at its end; left out: links are paths. */
  readonly publicUrl?: string | undefined;
  /** When browser sessions end; the standard ones when left out. */
  readonly sessionLifetimes?: SessionLifetimes;
  /** What of the mesh requires approval; left out: nothing. */
  readonly catalog?: ApprovalCatalog;
  /** What happens to documents that are not trusted, of apps without a mode of their own; left out: OFF. */
  readonly trustedDocuments?: TrustedDocumentsMode;
  readonly now?: () => number;
}

export { readNow } from '../runtime/context.ts';

/** Makes every process forget what it remembers of the callers of this tenant (null: of all). */
export async function callersChanged(deps: Pick<TenantsDeps, 'bus'>, tenantId: string | null): Promise<void> {
  await deps.bus.publish('callers.changed', { tenantId });
}
