import { pageMax } from './list-query.ts';

/** What an attribute of a schema is, as RFC 7643, section 7, has it. */
interface SchemaAttribute {
  readonly name: string;
  readonly type: string;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: string;
  readonly returned: string;
  readonly uniqueness: string;
  readonly subAttributes?: readonly SchemaAttribute[];
}

function toAttribute(
  name: string,
  description: string,
  more: Partial<SchemaAttribute> = {},
): SchemaAttribute {
  return {
    ...{ name, type: 'string', multiValued: false, description, required: false, caseExact: false },
    ...{ mutability: 'readWrite', returned: 'default', uniqueness: 'none' },
    ...more,
  };
}

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

const reference = (description: string) =>
  toAttribute('$ref', description, { type: 'reference', caseExact: true, mutability: 'readOnly' });

const userAttributes: readonly SchemaAttribute[] = [
  toAttribute('userName', 'The user name, unique in the tenant.', { required: true, uniqueness: 'server' }),
  toAttribute('externalId', 'What the tokens of the user have as their subject. It cannot be changed.', {
    ...{ required: true, caseExact: true, mutability: 'immutable', uniqueness: 'server' },
  }),
  toAttribute('displayName', 'The name to display.'),
  toAttribute('name', 'The parts of the name.', {
    type: 'complex',
    subAttributes: [
      toAttribute('givenName', 'The given name.'),
      toAttribute('familyName', 'The family name.'),
    ],
  }),
  toAttribute('emails', 'The email address: the primary one, or that of work.', {
    ...{ type: 'complex', multiValued: true },
    subAttributes: [
      toAttribute('value', 'The address.'),
      toAttribute('type', 'Always "work".'),
      toAttribute('primary', 'Always true.', { type: 'boolean' }),
    ],
  }),
  toAttribute('active', 'Whether the user is accepted. False ends its sessions and API keys.', {
    type: 'boolean',
  }),
  toAttribute('groups', 'The groups that the user is in.', {
    ...{ type: 'complex', multiValued: true, mutability: 'readOnly' },
    subAttributes: [
      toAttribute('value', 'The id of the group.', { caseExact: true, mutability: 'readOnly' }),
      reference('The address of the group.'),
      toAttribute('display', 'The name of the group.', { mutability: 'readOnly' }),
    ],
  }),
];

const groupAttributes: readonly SchemaAttribute[] = [
  toAttribute('displayName', 'The name, unique in the tenant.', { required: true, uniqueness: 'server' }),
  toAttribute('externalId', 'The id of the group at its provider.', { caseExact: true }),
  toAttribute('members', 'The users in the group.', {
    ...{ type: 'complex', multiValued: true },
    subAttributes: [
      toAttribute('value', 'The id of the user.', { caseExact: true, mutability: 'immutable' }),
      reference('The address of the user.'),
      toAttribute('type', 'Always "User".', { mutability: 'immutable' }),
    ],
  }),
];

/** A document that describes the service, without its `meta`. */
export interface Description {
  readonly [field: string]: unknown;
  readonly id: string;
}

/** What `/Schemas` lists. */
export const schemas: readonly Description[] = [
  { id: userSchema, name: 'User', description: 'A member of the tenant.', attributes: userAttributes },
  { id: groupSchema, name: 'Group', description: 'A group of members.', attributes: groupAttributes },
].map((schema) => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'], ...schema }));

/** What `/ResourceTypes` lists. */
export const resourceTypes: readonly Description[] = [
  { id: 'User', name: 'User', endpoint: '/Users', description: 'Members of the tenant.', schema: userSchema },
  { id: 'Group', name: 'Group', endpoint: '/Groups', description: 'Groups of members.', schema: groupSchema },
].map((type) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  ...type,
  schemaExtensions: [],
}));

/** What `/ServiceProviderConfig` states of the service. */
export const serviceProviderConfig = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: pageMax },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'API key',
      description: 'An API key of the tenant with the scope members:write, as a bearer token.',
      primary: true,
    },
  ],
} as const;
