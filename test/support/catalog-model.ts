import type { CatalogModel } from '#catalog/catalog.ts';

/** A chat model `<provider>/<name>` of the catalog, without price and limits unless given. */
export function catalogModel(
  id: string,
  more: Partial<CatalogModel> = {},
  region: string | null = null,
): CatalogModel {
  const [providerId = '', name = ''] = id.split('/');
  return {
    id,
    name,
    provider: {
      id: providerId,
      tenantId: null,
      offeredTo: null,
      kind: 'DEMO',
      baseUrl: null,
      region,
      enabled: true,
      credentials: [],
    },
    capabilities: new Set(['CHAT']),
    inputModalities: new Set(['TEXT']),
    outputModalities: new Set(['TEXT']),
    contextTokens: null,
    maxOutputTokens: null,
    price: null,
    lifecycle: 'ACTIVE',
    replacedById: null,
    requiresApproval: false,
    createdAtMs: 0,
    ...more,
  };
}
