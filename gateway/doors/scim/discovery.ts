import { HeddleError } from '#core/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { toListResponse } from './list-query.ts';
import { type Description, resourceTypes, schemas, serviceProviderConfig } from './schemas.ts';
import { endScim, locate } from './send-scim.ts';

/** GET /ServiceProviderConfig. */
export function getServiceProviderConfig(exchange: Exchange): Promise<void> | undefined {
  const location = locate(exchange, '/ServiceProviderConfig');
  return endScim(exchange, {
    ...serviceProviderConfig,
    meta: { resourceType: 'ServiceProviderConfig', location },
  });
}

const withMeta = (exchange: Exchange, list: 'Schema' | 'ResourceType', one: Description) => ({
  ...one,
  meta: { resourceType: list, location: locate(exchange, `/${list}s/${one.id}`) },
});

const lists = { Schema: schemas, ResourceType: resourceTypes } as const;

/** GET /Schemas and /ResourceTypes. */
export function listDescriptions(list: keyof typeof lists) {
  return (exchange: Exchange): Promise<void> | undefined => {
    const resources = lists[list].map((one) => withMeta(exchange, list, one));
    return endScim(exchange, toListResponse(resources, { totalCount: resources.length, startIndex: 1 }));
  };
}

/** GET /Schemas/{id} and /ResourceTypes/{id}. */
export function getDescription(list: keyof typeof lists) {
  return (exchange: Exchange): Promise<void> | undefined => {
    const found = lists[list].find(({ id }) => id === exchange.params.id);
    if (found === undefined) throw new HeddleError('NOT_FOUND', `There is no ${list} of this id.`);
    return endScim(exchange, withMeta(exchange, list, found));
  };
}
