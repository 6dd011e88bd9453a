import { HeddleError } from '#core/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { BadRequest } from '../../http/problem.ts';
import type { Door, Method } from '../door.ts';
import { getDescription, getServiceProviderConfig, listDescriptions } from './discovery.ts';
import { createGroup, deleteGroup, getGroup, listGroups, patchGroup, replaceGroup } from './groups.ts';
import { writeScimError } from './scim-errors.ts';
import { createUser, deleteUser, getUser, listUsers, patchUser, replaceUser } from './users.ts';

type Handle = (exchange: Exchange) => Promise<void> | undefined | void;

/** By the pattern of the path below `/scim/v2`, and the method. */
const endpoints: Readonly<Record<string, Readonly<Partial<Record<Method, Handle>>>>> = {
  '/ServiceProviderConfig': { GET: getServiceProviderConfig },
  '/ResourceTypes': { GET: listDescriptions('ResourceType') },
  '/ResourceTypes/{id}': { GET: getDescription('ResourceType') },
  '/Schemas': { GET: listDescriptions('Schema') },
  '/Schemas/{id}': { GET: getDescription('Schema') },
  '/Users': { GET: listUsers, POST: createUser },
  '/Users/{id}': { GET: getUser, PUT: replaceUser, PATCH: patchUser, DELETE: deleteUser },
  '/Groups': { GET: listGroups, POST: createGroup },
  '/Groups/{id}': { GET: getGroup, PUT: replaceGroup, PATCH: patchGroup, DELETE: deleteGroup },
};

const base = '/scim/v2';

/** SCIM 2.0 (RFC 7643, RFC 7644): an identity provider keeps the members and groups of the tenant of its API key. */
export const scimDoor: Door = {
  name: 'scim',
  paths: Object.entries(endpoints).map(([path, handlers]) => ({
    pattern: base + path,
    methods: Object.keys(handlers) as Method[],
    access: 'required',
  })),
  isCrossOrigin: false,
  challenge: 'Bearer',
  async handle(exchange) {
    const handlers = endpoints[exchange.pattern.slice(base.length)];
    try {
      await handlers?.[exchange.request.method as Method]?.(exchange);
    } catch (error) {
      // What was changed by others after its version was compared.
      if (!(error instanceof HeddleError && error.extensions?.reason === 'VERSION')) throw error;
      throw new BadRequest(412, error.message, 'CONFLICT');
    }
  },
  writeError: writeScimError,
};
