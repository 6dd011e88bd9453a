import { type ScimTraffic, subjects } from './scim-steps.ts';

/**
 * The requests of Microsoft Entra's provisioning service, in the forms that its tutorial for SCIM endpoints documents: capitalized
 * operations, truth values as texts, members to remove in the value, `excludedAttributes=members`.
 */
const patch = (...operations: readonly object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: operations,
});
const member = (name: string) => [{ $ref: null, value: name }];
const find = (userName: string) => `/Users?filter=userName+eq+%22${encodeURIComponent(userName)}%22`;

export const entra: ScimTraffic = {
  connect: [
    {
      method: 'GET',
      path: find('10b0e1b0-9f6c-4f3d-8b7a-4f3b0f1f2f11'),
      status: 200,
      answer: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
        totalResults: 0,
        startIndex: 1,
        Resources: [],
      },
    },
  ],
  createUsers: [
    { method: 'GET', path: find('ada@example.com'), status: 200, answer: { totalResults: 0 } },
    {
      method: 'POST',
      path: '/Users',
      body: {
        schemas: [
          'urn:ietf:params:scim:schemas:core:2.0:User',
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
        ],
        externalId: subjects.ada,
        userName: 'ada@example.com',
        active: true,
        addresses: null,
        displayName: 'Ada King',
        emails: [{ primary: true, type: 'work', value: 'ada@example.com' }],
        meta: { resourceType: 'User' },
        name: { familyName: 'King', formatted: 'Ada King', givenName: 'Ada' },
        phoneNumbers: null,
        preferredLanguage: null,
        title: 'Analyst',
        roles: [],
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
          department: 'Engines',
          manager: null,
        },
      },
      status: 201,
      answer: { userName: 'ada@example.com', externalId: subjects.ada, active: true },
      keeps: 'ada',
    },
    { method: 'GET', path: find('grace@example.com'), status: 200, answer: { totalResults: 0 } },
    {
      method: 'POST',
      path: '/Users',
      body: {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        externalId: subjects.grace,
        userName: 'grace@example.com',
        active: 'True',
        emails: [{ primary: true, type: 'work', value: 'grace@example.com' }],
        meta: { resourceType: 'User' },
        name: { familyName: 'Hopper', givenName: 'Grace' },
      },
      status: 201,
      answer: { active: true },
      keeps: 'grace',
    },
    { method: 'GET', path: '/Users/{ada}', status: 200, answer: { id: '{ada}', displayName: 'Ada King' } },
  ],
  createGroup: [
    {
      method: 'GET',
      path: '/Groups?excludedAttributes=members&filter=displayName+eq+%22Heddle+Staff%22',
      status: 200,
      answer: { totalResults: 0 },
    },
    {
      method: 'POST',
      path: '/Groups',
      body: {
        schemas: [
          'urn:ietf:params:scim:schemas:core:2.0:Group',
          'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group',
        ],
        externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
        displayName: 'Heddle Staff',
        meta: { resourceType: 'Group' },
      },
      status: 201,
      answer: { displayName: 'Heddle Staff' },
      keeps: 'staff',
    },
    {
      method: 'PATCH',
      path: '/Groups/{staff}',
      body: patch({ op: 'Add', path: 'members', value: [...member('{ada}'), ...member('{grace}')] }),
      status: 204,
    },
    {
      method: 'GET',
      path: '/Groups?attributes=id&filter=id+eq+%22{staff}%22+and+members+eq+%22{ada}%22',
      status: 200,
      answer: { totalResults: 1, Resources: [{ id: '{staff}' }] },
    },
    {
      method: 'GET',
      path: '/Groups/{staff}?excludedAttributes=members',
      status: 200,
      answer: { displayName: 'Heddle Staff' },
    },
  ],
  changeUser: [
    {
      method: 'PATCH',
      path: '/Users/{ada}',
      body: patch(
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'ada.lovelace@example.com' },
        { op: 'Replace', path: 'name.familyName', value: 'Lovelace' },
        { op: 'Replace', path: 'userName', value: 'ada.lovelace@example.com' },
        {
          op: 'Add',
          path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
          value: 'Notes',
        },
      ),
      status: 200,
      answer: {
        userName: 'ada.lovelace@example.com',
        name: { givenName: 'Ada', familyName: 'Lovelace' },
        emails: [{ value: 'ada.lovelace@example.com' }],
      },
    },
  ],
  renameGroup: [
    {
      method: 'PATCH',
      path: '/Groups/{staff}',
      body: patch({ op: 'Replace', path: 'displayName', value: 'Heddle Admins' }),
      status: 204,
    },
    {
      method: 'GET',
      path: '/Groups?excludedAttributes=members&filter=displayName+eq+%22heddle+admins%22',
      status: 200,
      answer: { totalResults: 1, Resources: [{ id: '{staff}', displayName: 'Heddle Admins' }] },
    },
  ],
  unassign: [
    {
      method: 'PATCH',
      path: '/Groups/{staff}',
      body: patch({ op: 'Remove', path: 'members', value: member('{grace}') }),
      status: 204,
    },
  ],
  disable: [
    {
      method: 'PATCH',
      path: '/Users/{ada}',
      body: patch({ op: 'Replace', path: 'active', value: 'False' }),
      status: 200,
      answer: { active: false },
    },
    {
      method: 'GET',
      path: find('ada.lovelace@example.com'),
      status: 200,
      answer: { totalResults: 1, Resources: [{ id: '{ada}', active: false }] },
    },
  ],
  enable: [
    {
      method: 'PATCH',
      path: '/Users/{ada}',
      body: patch({ op: 'Replace', path: 'active', value: 'True' }),
      status: 200,
      answer: { active: true },
    },
  ],
  deleteGroup: [
    { method: 'DELETE', path: '/Groups/{staff}', status: 204 },
    { method: 'GET', path: '/Groups/{staff}', status: 404, answer: { status: '404' } },
  ],
  leave: [
    {
      method: 'PATCH',
      path: '/Users/{ada}',
      body: patch({ op: 'Replace', path: 'active', value: 'False' }),
      status: 200,
      answer: { active: false },
    },
    { method: 'DELETE', path: '/Users/{ada}', status: 204 },
    { method: 'GET', path: '/Users/{ada}', status: 404, answer: { status: '404' } },
  ],
};
