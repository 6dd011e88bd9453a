import type { TenantsDeps } from '../deps.ts';

/** Makes every gateway forget what it remembers of trusted documents. */
export async function documentsChanged(
  deps: Pick<TenantsDeps, 'bus'>,
  tenantId: string | null,
): Promise<void> {
  await deps.bus.publish('documents.changed', { tenantId });
}
