import { readFileSync } from 'node:fs';
import { type GraphQLField, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema } from './api-schema.ts';
import { supergraphUrl } from './compose.ts';

/** What ends the things that each of these mutations makes. */
const ends: Readonly<Record<string, string>> = {
  createTenant: 'archiveTenant',
  createTeam: 'archiveTeam',
  createApp: 'archiveApp',
  createApiKey: 'revokeApiKey',
  rotateApiKey: 'revokeApiKeys',
  saveTrustedDocuments: 'deleteTrustedDocuments',
  saveLegalHold: 'releaseLegalHold',
  saveMember: 'removeMember',
  inviteMember: 'revokeInvitation',
  resendInvitation: 'revokeInvitation',
  saveProvisioning: 'deleteProvisioning',
  provisionMember: 'removeProvisionedMember',
  saveMemberGroup: 'deleteMemberGroup',
  saveRole: 'deleteRole',
  savePlan: 'deletePlan',
  saveIssuer: 'deleteIssuer',
  saveBudget: 'deleteBudget',
  saveAlert: 'deleteAlert',
  startUsageExport: 'deleteUsageExport',
  saveGuardrailPolicy: 'deleteGuardrailPolicy',
  rollbackGuardrailPolicy: 'deleteGuardrailPolicy',
  saveWebhook: 'deleteWebhook',
  saveConsent: 'withdrawConsent',
  saveConsentSource: 'deleteConsentSource',
  requestAccess: 'withdrawAccess',
  createProvider: 'deleteProvider',
  addProviderCredential: 'removeProviderCredential',
  rotateProviderCredential: 'updateProviderCredential',
  createModel: 'deleteModel',
  saveRoute: 'deleteRoute',
  saveModelAlias: 'deleteModelAlias',
  createPrompt: 'archivePrompt',
  copyPrompt: 'archivePrompt',
  labelPromptVersion: 'removePromptLabel',
  startCompletion: 'cancelCompletion',
  complete: 'deleteCompletion',
};

/** What makes things that end by themselves, or never, and why. */
const endless: Readonly<Record<string, string>> = {
  runPrompt: 'its row is the record of a call; deleteCompletion ends what is kept of the answer',
  embed: 'as runPrompt',
  testWebhook: 'its delivery expires after 7 days',
  replayWebhook: 'delivers what is there; a delivery expires, and ends with its webhook',
  createPageToken: 'expires within an hour, and with its key',
  publishPromptVersion: 'a version never changes; limited by versionsPerPrompt, and archived with its prompt',
};

/** What only changes something that is there. */
const changes =
  /^(set|update|restore|erase|assign|decide|deprecate|retire|activate|deactivate|reactivate|undo|rate)[A-Z]/;

const mutations = (): readonly GraphQLField<unknown, unknown>[] => {
  const type = buildApiSchema(readFileSync(supergraphUrl, 'utf8')).getMutationType();
  return isObjectType(type) ? Object.values(type.getFields()) : [];
};

describe('everything that can be created', () => {
  it('can be ended, or states why not', () => {
    const ending = new Set(Object.values(ends));
    const unsorted = mutations()
      .map(({ name }) => name)
      .filter((name) => !(name in ends || name in endless || ending.has(name) || changes.test(name)));
    expect(unsorted).toEqual([]);
  });

  it('is ended by a mutation of the graph', () => {
    const names = new Set(mutations().map(({ name }) => name));
    const missing = [...Object.entries(ends).flat(), ...Object.keys(endless)].filter(
      (name) => !names.has(name),
    );
    expect(missing).toEqual([]);
  });
});
