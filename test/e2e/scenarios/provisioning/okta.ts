import { type ScimTraffic, subjects } from './scim-steps.ts';

/**
 * The requests of Okta, in the forms that its reference of SCIM 2.0 documents: a user is found by its name first, profiles are
 * replaced whole with PUT, operations have no path, and members to remove stand in brackets.
 */
const patch = (...operations: readonly object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: operations,
});
const find = (userName: string) =>
  `/Users?filter=userName%20eq%20%22${encodeURIComponent(userName)}%22&startIndex=1&count=100`;

const ada = (userName: string, familyName: string, active: boolean) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName,
  name: { givenName: 'Ada', familyName },
  emails: [
    { primary: false, value: 'ada@home.example', type: 'home' },
    { primary: true, value: userName, type: 'work' },
  ],
  displayName: `Ada ${familyName}`,
  locale: 'en-US',
  externalId: subjects.ada,
  groups: [],
  active,
});

export const okta: ScimTraffic = {
  connect: [
    {
      method: 'GET',
      path: '/Users?startIndex=1&count=2',
      status: 200,
      answer: { totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] },
    },
    { method: 'GET', path: '/Groups?startIndex=1&count=100', status: 200, answer: { totalResults: 0 } },
  ],
  createUsers: [
    { method: 'GET', path: find('ada@example.com'), status: 200, answer: { totalResults: 0 } },
    {
      method: 'POST',
      path: '/Users',
      body: { ...ada('ada@example.com', 'King', true), password: '1mz050nq' },
      status: 201,
      answer: {
        userName: 'ada@example.com',
        emails: [{ primary: true, value: 'ada@example.com', type: 'work' }],
        active: true,
      },
      keeps: 'ada',
    },
    { method: 'GET', path: find('grace@example.com'), status: 200, answer: { totalResults: 0 } },
    {
      method: 'POST',
      path: '/Users',
      body: {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: 'grace@example.com',
        name: { givenName: 'Grace', familyName: 'Hopper' },
        emails: [{ primary: true, value: 'grace@example.com', type: 'work' }],
        externalId: subjects.grace,
        groups: [],
        active: true,
      },
      status: 201,
      keeps: 'grace',
    },
    { method: 'GET', path: '/Users/{ada}', status: 200, answer: { id: '{ada}', active: true } },
  ],
  createGroup: [
    {
      method: 'POST',
      path: '/Groups',
      body: {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName: 'Heddle Staff',
        members: [{ value: '{ada}', display: 'ada@example.com' }],
      },
      status: 201,
      answer: { displayName: 'Heddle Staff', members: [{ value: '{ada}' }] },
      keeps: 'staff',
    },
    {
      method: 'PATCH',
      path: '/Groups/{staff}',
      body: patch({
        op: 'add',
        path: 'members',
        value: [{ value: '{grace}', display: 'grace@example.com' }],
      }),
      status: 204,
    },
    {
      method: 'GET',
      path: '/Groups/{staff}',
      status: 200,
      answer: { members: [{ value: '{ada}' }, { value: '{grace}' }] },
    },
  ],
  changeUser: [
    { method: 'GET', path: '/Users/{ada}', status: 200 },
    {
      method: 'PUT',
      path: '/Users/{ada}',
      body: {
        ...ada('ada.lovelace@example.com', 'Lovelace', true),
        id: '{ada}',
        meta: { resourceType: 'User' },
      },
      status: 200,
      answer: { userName: 'ada.lovelace@example.com', name: { familyName: 'Lovelace' } },
    },
  ],
  renameGroup: [
    {
      method: 'PATCH',
      path: '/Groups/{staff}',
      body: patch({ op: 'replace', value: { id: '{staff}', displayName: 'Heddle Admins' } }),
      status: 204,
    },
    {
      method: 'GET',
      path: '/Groups?startIndex=1&count=100&filter=displayName%20eq%20%22Heddle%20Admins%22',
      status: 200,
      answer: { totalResults: 1, Resources: [{ id: '{staff}' }] },
    },
  ],
  unassign: [
    {
      method: 'PATCH',
      path: '/Groups/{staff}',
      body: patch({ op: 'remove', path: 'members[value eq "{grace}"]' }),
      status: 204,
    },
    {
      method: 'PATCH',
      path: '/Groups/{staff}',
      body: patch({ op: 'replace', path: 'members', value: [{ value: '{ada}' }] }),
      status: 204,
    },
  ],
  disable: [
    {
      method: 'PATCH',
      path: '/Users/{ada}',
      body: patch({ op: 'replace', value: { active: false } }),
      status: 200,
      answer: { active: false },
    },
  ],
  enable: [
    {
      method: 'GET',
      path: find('ada.lovelace@example.com'),
      status: 200,
      answer: { totalResults: 1, Resources: [{ id: '{ada}', active: false }] },
    },
    {
      method: 'PUT',
      path: '/Users/{ada}',
      body: ada('ada.lovelace@example.com', 'Lovelace', true),
      status: 200,
      answer: { active: true },
    },
  ],
  deleteGroup: [{ method: 'DELETE', path: '/Groups/{staff}', status: 204 }],
  leave: [
    {
      method: 'PUT',
      path: '/Users/{ada}',
      body: ada('ada.lovelace@example.com', 'Lovelace', false),
      status: 200,
      answer: { active: false },
    },
  ],
};
