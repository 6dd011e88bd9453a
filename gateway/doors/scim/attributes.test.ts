import { describe, expect, it } from 'vitest';
import { readGroup, readGroupPatch } from './group-attributes.ts';
import { selectAttributes } from './select-attributes.ts';
import { readUser, readUserPatch } from './user-attributes.ts';

const patch = (...Operations: readonly object[]) => ({ Operations });

describe('a PATCH of a user', () => {
  it.each<[string, object, object]>([
    ['a text of Entra', { op: 'Replace', path: 'active', value: 'False' }, { active: false }],
    ['no path', { op: 'replace', value: { active: true } }, { active: true }],
    ['a dotted name without a path', { op: 'add', value: { 'name.givenName': 'A' } }, { givenName: 'A' }],
    ['a name', { op: 'replace', path: 'name', value: { FamilyName: 'K' } }, { familyName: 'K' }],
    ['a name that is removed', { op: 'remove', path: 'name' }, { givenName: null, familyName: null }],
    [
      'the address of work',
      { op: 'Add', path: 'emails[type eq "work"].value', value: 'a@b.c' },
      { email: 'a@b.c' },
    ],
    ['the address of home', { op: 'Add', path: 'emails[type eq "home"].value', value: 'a@b.c' }, {}],
    [
      'one more address of home',
      { op: 'add', path: 'emails', value: [{ type: 'home', value: 'a@b.c' }] },
      {},
    ],
    [
      'several addresses',
      { op: 'replace', path: 'emails', value: [{ value: 'x@y.z' }, { value: 'a@b.c', primary: 'True' }] },
      { email: 'a@b.c' },
    ],
    ['no address', { op: 'remove', path: 'emails' }, { email: null }],
    [
      'a URN',
      { op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:userName', value: 'u' },
      { userName: 'u' },
    ],
    ['what is not kept', { op: 'add', path: 'phoneNumbers[type eq "work"].value', value: '1' }, {}],
    ['an extension', { op: 'add', path: 'urn:x:y:2.0:User:department', value: '1' }, {}],
  ])('with %s changes it', (_what, operation, change) => {
    expect(readUserPatch(patch(operation))).toEqual(change);
  });

  it('changes what its last operation states', () => {
    const operations = [true, false].map((value) => ({ op: 'replace', path: 'active', value }));
    expect(readUserPatch(patch(...operations))).toEqual({ active: false });
  });

  it.each<[string, unknown, string]>([
    ['no object', [], 'invalidSyntax'],
    ['no operations', {}, 'invalidSyntax'],
    ['an unknown operation', patch({ op: 'move', path: 'active' }), 'invalidSyntax'],
    ['an unknown attribute', patch({ op: 'add', path: 'activ', value: false }), 'invalidPath'],
    ['an unknown attribute in a value', patch({ op: 'add', value: { activ: false } }), 'invalidPath'],
    ['a broken path', patch({ op: 'add', path: 'emails[type eq', value: '' }), 'invalidPath'],
    ['a removal of nothing', patch({ op: 'remove' }), 'invalidPath'],
    ['a wrong truth value', patch({ op: 'replace', path: 'active', value: 'no' }), 'invalidValue'],
    ['active removed', patch({ op: 'remove', path: 'active' }), 'invalidValue'],
    ['a number for a name', patch({ op: 'replace', path: 'userName', value: 1 }), 'invalidValue'],
    ['too many operations', patch(...Array(1_001).fill({ op: 'add', path: 'title' })), 'invalidValue'],
  ])('with %s is refused', (_what, body, scimType) => {
    expect(() => readUserPatch(body)).toThrow(expect.objectContaining({ scimType }));
  });
});

it('the body of a user empties what it leaves out, but whether it is active, and has no password', () => {
  expect(readUser({ userName: 'u', password: 'secret', unknown: 1 })).toEqual({
    userName: 'u',
    displayName: null,
    givenName: null,
    familyName: null,
    email: null,
  });
});

describe('a PATCH of a group', () => {
  const members = (...ids: readonly string[]) => ids.map((value) => ({ value }));
  it.each<[string, readonly object[], object]>([
    ['Entra adds', [{ op: 'Add', path: 'members', value: members('a', 'b') }], { addMemberIds: ['a', 'b'] }],
    ['Entra removes', [{ op: 'Remove', path: 'members', value: members('a') }], { removeMemberIds: ['a'] }],
    ['Okta removes', [{ op: 'remove', path: 'members[value eq "a"]' }], { removeMemberIds: ['a'] }],
    ['Okta renames', [{ op: 'replace', value: { id: 'g', displayName: 'N' } }], { displayName: 'N' }],
    ['all are removed', [{ op: 'remove', path: 'members' }], { memberIds: [] }],
    [
      'all are stated, then changed',
      [
        { op: 'replace', path: 'members', value: members('a', 'b') },
        { op: 'add', path: 'members', value: members('c') },
        { op: 'remove', path: 'members[value eq "a"]' },
      ],
      { memberIds: ['b', 'c'] },
    ],
    [
      'one is added and removed again',
      [
        { op: 'add', path: 'members', value: members('a') },
        { op: 'remove', path: 'members', value: members('a') },
      ],
      { removeMemberIds: ['a'] },
    ],
  ])('where %s', (_what, operations, change) => {
    expect(readGroupPatch(patch(...operations))).toEqual(change);
  });

  it.each<[string, object, string]>([
    ['another attribute', { op: 'add', path: 'owner', value: 'x' }, 'invalidPath'],
    ['another filter', { op: 'remove', path: 'members[type eq "User"]' }, 'invalidFilter'],
    ['an addition in brackets', { op: 'add', path: 'members[value eq "a"]' }, 'invalidPath'],
    ['members without ids', { op: 'add', path: 'members', value: [{}] }, 'invalidValue'],
  ])('with %s is refused', (_what, operation, scimType) => {
    expect(() => readGroupPatch(patch(operation))).toThrow(expect.objectContaining({ scimType }));
  });

  it('is no body without a name', () => {
    expect(() => readGroup({ members: [] })).toThrow(expect.objectContaining({ scimType: 'invalidValue' }));
    expect(readGroup({ displayName: 'N' })).toEqual({ displayName: 'N', memberIds: [] });
  });
});

it.each<[string[] | null, string[], object]>([
  [null, [], { id: '1', schemas: ['s'], name: { given: 'g', family: 'f' }, active: true }],
  [['active'], [], { id: '1', schemas: ['s'], active: true }],
  [['name.given'], [], { id: '1', schemas: ['s'], name: { given: 'g' } }],
  [null, ['name', 'id'], { id: '1', schemas: ['s'], active: true }],
  [null, ['name.given'], { id: '1', schemas: ['s'], name: { family: 'f' }, active: true }],
])('of a resource the attributes %j without %j are selected', (attributes, excluded, selected) => {
  const resource = { id: '1', schemas: ['s'], name: { given: 'g', family: 'f' }, active: true };
  const selection = { attributes: attributes && new Set(attributes), excluded: new Set(excluded) };
  expect(selectAttributes(resource, selection)).toEqual(selected);
});
