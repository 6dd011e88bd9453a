import { hash } from 'node:crypto';
import type { CatalogCredential, CatalogProvider } from '#catalog/catalog.ts';
import type { EventReports } from '#mongo/event-reports.ts';

/**
 * Reports, once for each new secret among all processes, that a provider rejects it while the one that it has replaced may
 * still be used. Returns at once and never throws.
 */
export function reportRejectedCredential(
  reports: EventReports,
  { id: providerId, tenantId }: CatalogProvider,
  { id, label, sealed }: CatalogCredential,
): void {
  // Each sealing is another text, and nothing can be read from its digest.
  const once = `credential.rejected:${id}:${hash('sha256', sealed, 'hex').slice(0, 16)}`;
  reports.report({ type: 'credential.rejected', tenantId, subject: id, data: { providerId, label } }, once);
}
